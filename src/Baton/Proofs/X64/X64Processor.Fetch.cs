namespace Baton.Proofs.X64;

/// <content>Where instructions come from: the page that is being executed, each instruction of it decoded once.</content>
public sealed partial class X64Processor
{
    private const int CodeTranslations = 256;
    private const ulong NoPage = ulong.MaxValue;
    private const ulong PageOffset = PhysicalMemory.PageSize - 1;
    private const int PageShift = 12;

    private readonly Dictionary<(MemoryPage Page, int Bits), CodePage> _codePages = [];
    private readonly CodeTranslation[] _codeTranslations = new CodeTranslation[CodeTranslations];
    private readonly InstructionReader _codeReader;
    private readonly InstructionDecoder _decoder;

    /// <summary>The linear number of the page that is being executed.</summary>
    private ulong _codePageNumber = NoPage;
    private CodePage _code = CodePage.None;

    private DecodedInstruction Fetch()
    {
        unchecked
        {
            ulong rip = _r[RipSlot];
            ulong linear = (rip + _codeBase) & _linearMask;
            if (linear >> PageShift == _codePageNumber)
            {
                DecodedInstruction? op = _code.At((int)(linear & PageOffset));
                if (op is not null && op.Version == _code.Page.CodeVersion && rip + (ulong)op.Length - 1 <= _codeLimit)
                {
                    return op;
                }
            }

            return FetchAndDecode(rip, linear);
        }
    }

    private DecodedInstruction FetchAndDecode(ulong rip, ulong linear)
    {
        unchecked
        {
            if (linear >> PageShift != _codePageNumber)
            {
                EnterCodePage(linear);
            }

            int offset = (int)(linear & PageOffset);
            CodePage code = _code;
            _codeReader.Start(rip, offset, code.Page);
            if (code.At(offset) is { } known && _codeReader.Holds(known))
            {
                // An instruction that goes on in another page is compared with memory every time.
                known.Version = offset + known.Length <= PhysicalMemory.PageSize ? code.Page.CodeVersion : -1;
                return known;
            }

            DecodedInstruction op = _decoder.Decode(_bits);
            op.Version = offset + op.Length <= PhysicalMemory.PageSize ? code.Page.CodeVersion : -1;
            code.Add(offset, op);
            return op;
        }
    }

    private void EnterCodePage(ulong linear)
    {
        if (!IsCanonical(linear))
        {
            throw GeneralProtection(0, $"the instruction's address 0x{linear:x} is not canonical");
        }

        ulong number = linear >> PageShift;
        ref CodeTranslation translation = ref _codeTranslations[(int)(number % CodeTranslations)];
        if (translation.Tag != number + 1)
        {
            MemoryPage page = TranslateToPage(linear, PageAccess.Execute);
            if (!_codePages.TryGetValue((page, _bits), out CodePage? code))
            {
                code = new CodePage(page);
                _codePages.Add((page, _bits), code);
                page.HoldsCode = true;
            }

            translation = new CodeTranslation { Tag = number + 1, Code = code };
        }

        _code = translation.Code;
        _codePageNumber = number;
    }

    private void ForgetCodeTranslations()
    {
        Array.Clear(_codeTranslations);
        _codePageNumber = NoPage;
    }

    /// <summary>The most bytes that an instruction may have (Intel SDM volume 2, section 2.3.11).</summary>
    public const int LongestInstruction = 15;

    /// <summary>Bytes of code, fewer when one of them is not mapped or nobody has written it; leaves no trace.</summary>
    /// <param name="linear">The linear address of the first.</param>
    /// <param name="most">How many at most.</param>
    public byte[] PeekCode(ulong linear, int most)
    {
        List<byte> bytes = [];
        while (bytes.Count < most
            && Translate(unchecked(linear + (ulong)bytes.Count), PageAccess.Execute).Physical is { } place
            && Memory.Peek(place.Value) is { } value)
        {
            bytes.Add(value);
        }

        return [.. bytes];
    }

    /// <summary>One byte of code behind the current page, for an instruction that crosses into the next.</summary>
    internal byte ReadCodeBeyond(ulong offset)
    {
        ulong linear = unchecked(offset + _codeBase) & _linearMask;
        if (!IsCanonical(linear))
        {
            throw GeneralProtection(0, $"the instruction reaches 0x{linear:x}, which is not canonical");
        }

        MemoryPage page = TranslateToPage(linear, PageAccess.Execute);
        return (byte)Memory.Read(page, (int)(linear & PageOffset), 1);
    }

    /// <summary>The highest offset of code, and the fault for one beyond it.</summary>
    internal ulong CodeLimit => _codeLimit;

    internal X64FaultException BeyondCodeLimit(ulong offset) =>
        GeneralProtection(0, $"the instruction reaches offset 0x{offset:x}, beyond CS.limit 0x{_codeLimit:x}");

    internal X64FaultException TooLong() => GeneralProtection(0, "the instruction has more than 15 bytes");

    /// <summary>An entry of the translation buffer for code; the tag is the page's linear number plus one.</summary>
    private struct CodeTranslation
    {
        public ulong Tag;
        public CodePage Code;
    }

    /// <summary>
    /// The instructions of a page that were decoded for one width of code: by the line that they start in, because few
    /// pages hold code from end to end.
    /// </summary>
    private sealed class CodePage(MemoryPage page)
    {
        private const int LineShift = 6;
        private const int LineLength = 1 << LineShift;

        public static readonly CodePage None = new(new MemoryPage(0, isWritten: true));

        private readonly DecodedInstruction?[]?[] _lines = new DecodedInstruction?[]?[PhysicalMemory.PageSize / LineLength];

        public MemoryPage Page { get; } = page;

        /// <summary>The instruction at an offset; null when none was decoded there.</summary>
        public DecodedInstruction? At(int offset) => _lines[offset >> LineShift]?[offset & (LineLength - 1)];

        public void Add(int offset, DecodedInstruction op)
        {
            ref DecodedInstruction?[]? line = ref _lines[offset >> LineShift];
            line ??= new DecodedInstruction?[LineLength];
            line[offset & (LineLength - 1)] = op;
        }
    }
}
