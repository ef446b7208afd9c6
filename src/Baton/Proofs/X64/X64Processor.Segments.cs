using static Baton.Proofs.X64.X64SegmentRegister;

namespace Baton.Proofs.X64;

/// <content>
/// Segments: the mode that CS and the control registers make, what each segment lets through, and loading one from a
/// descriptor (Intel SDM volume 3, chapters 3 and 5).
/// </content>
public sealed partial class X64Processor
{
    private const int SegmentCount = 8;

    private readonly SegmentState[] _segments = new SegmentState[SegmentCount];
    private readonly SegmentAccess[] _access = new SegmentAccess[SegmentCount];

    /// <summary>16, 32 or 64: how code is read.</summary>
    private int _bits = 16;
    private int _privilege;
    private ulong _codeBase;
    private ulong _codeLimit;
    private ulong _linearMask = uint.MaxValue;
    private ulong _ripMask = uint.MaxValue;
    private ulong _stackMask = 0xFFFF;

    public TableRegister Gdtr { get; set; }

    public TableRegister Idtr { get; set; }

    /// <summary>The current privilege level, 0 to 3.</summary>
    public int PrivilegeLevel => _privilege;

    /// <summary>16, 32 or 64: the width of code.</summary>
    public int Bits => _bits;

    /// <summary>What the processor makes of code and addresses.</summary>
    public X64Mode Mode => (_cr0 & X64Cr0.PE) == 0 ? X64Mode.Real16
        : !IsLongMode ? _bits == 16 ? X64Mode.Protected16 : X64Mode.Protected32
        : _bits switch
        {
            16 => X64Mode.Compatibility16,
            32 => X64Mode.Compatibility32,
            _ => X64Mode.Long64,
        };

    private bool IsReal => (_cr0 & X64Cr0.PE) == 0;

    /// <summary>A segment register with its hidden part; setting one checks nothing.</summary>
    public SegmentState this[X64SegmentRegister register]
    {
        get => _segments[(int)register];
        set => SetSegment(register, value);
    }

    private void SetSegment(X64SegmentRegister register, in SegmentState value)
    {
        _segments[(int)register] = value;
        if (register is Cs or X64SegmentRegister.Ss)
        {
            RefreshMode();
        }
        else
        {
            RefreshAccess((int)register);
        }
    }

    /// <summary>Works out everything that follows from CS, SS and the control registers.</summary>
    private void RefreshMode()
    {
        SegmentState code = _segments[(int)Cs];
        bool is64 = IsLongMode && code.IsLong;
        int bits = is64 ? 64 : code.IsBig ? 32 : 16;
        if (bits != _bits)
        {
            ForgetCodeTranslations();
        }

        _bits = bits;
        _codeBase = is64 ? 0 : code.Base;
        _codeLimit = is64 ? ulong.MaxValue : code.Limit;
        _linearMask = is64 ? ulong.MaxValue : uint.MaxValue;
        _ripMask = _linearMask;
        _stackMask = is64 ? ulong.MaxValue : _segments[Ss].IsBig ? uint.MaxValue : 0xFFFF;
        for (int i = 0; i <= (int)Gs; i++)
        {
            RefreshAccess(i);
        }
    }

    private void RefreshAccess(int register)
    {
        SegmentState segment = _segments[register];
        bool isFlat = segment.Limit == uint.MaxValue && !segment.IsExpandDown && segment.IsPresent;
        _access[register] = _bits == 64
            ? new SegmentAccess(register >= (int)Fs ? segment.Base : 0, true, true)
            : new SegmentAccess(segment.Base, isFlat && segment.IsReadable, isFlat && (segment.IsWritable || IsReal));
    }

    /// <summary>The linear address of an offset, if the segment lets it through.</summary>
    private ulong Linear(int register, ulong offset, int size, bool isWrite)
    {
        ref readonly SegmentAccess access = ref _access[register];
        if (!(isWrite ? access.Writes : access.Reads))
        {
            CheckSegment(register, offset, size, isWrite);
        }

        return unchecked(offset + access.Base) & _linearMask;
    }

    private void CheckSegment(int register, ulong offset, int size, bool isWrite)
    {
        SegmentState segment = _segments[register];
        string name = ((X64SegmentRegister)register).ToString().ToUpperInvariant();
        string? reason = null;
        if (!IsReal)
        {
            reason = !segment.IsPresent ? $"{name} holds a null selector (0x{segment.Selector:x})"
                : isWrite && !segment.IsWritable ? $"{name} (selector 0x{segment.Selector:x}) is not writable"
                : !isWrite && !segment.IsReadable ? $"{name} (selector 0x{segment.Selector:x}) is not readable"
                : null;
        }

        if (reason is null)
        {
            ulong last = offset + (ulong)Math.Max(size, 1) - 1;
            ulong top = segment.IsBig ? uint.MaxValue : 0xFFFF;
            bool isInside = segment.IsExpandDown ? offset > segment.Limit && last <= top : last <= segment.Limit;
            if (isInside)
            {
                return;
            }

            reason = $"offset 0x{offset:x} and {size} bytes lie outside {name}, whose limit is 0x{segment.Limit:x}";
        }

        throw register == Ss ? StackFault(0, reason) : GeneralProtection(0, reason);
    }

    /// <summary>Loads ES, SS, DS, FS or GS as mov and pop do.</summary>
    private void LoadSegment(X64SegmentRegister register, ushort selector)
    {
        if (IsReal)
        {
            // Only selector and base change; the limit of a protected mode before stays in force.
            SegmentState old = _segments[(int)register];
            SetSegment(register, old with
            {
                Selector = selector,
                Base = (ulong)selector << 4,
                Attributes = (ushort)((old.Attributes & 0xF000) | 0x93),
            });
            return;
        }

        if ((selector & ~3) == 0)
        {
            LoadNullSegment(register, selector);
            return;
        }

        Descriptor descriptor = ReadDescriptor(selector, X64Exception.GeneralProtection);
        uint code = selector & ~3U;
        SegmentState segment = descriptor.ToSegment(selector);
        int requested = selector & 3;
        if (register == X64SegmentRegister.Ss)
        {
            if (!segment.IsWritable || requested != _privilege || segment.PrivilegeLevel != _privilege)
            {
                throw GeneralProtection(
                    code, $"selector 0x{selector:x} cannot be a stack at privilege {_privilege}: {descriptor}");
            }
        }
        else if (!segment.IsReadable)
        {
            throw GeneralProtection(code, $"selector 0x{selector:x} cannot be read through: {descriptor}");
        }
        else if (!segment.IsConforming && (requested > segment.PrivilegeLevel || _privilege > segment.PrivilegeLevel))
        {
            throw GeneralProtection(code, $"selector 0x{selector:x} needs privilege {segment.PrivilegeLevel}: {descriptor}");
        }

        if (!segment.IsPresent)
        {
            throw Fault(
                register == X64SegmentRegister.Ss ? X64Exception.StackFault : X64Exception.SegmentNotPresent,
                code, $"the segment of selector 0x{selector:x} is not present: {descriptor}");
        }

        SetSegment(register, MarkAccessed(descriptor, segment));
    }

    private void LoadNullSegment(X64SegmentRegister register, ushort selector)
    {
        if (register == X64SegmentRegister.Ss && (_bits != 64 || _privilege == 3 || (selector & 3) != _privilege))
        {
            throw GeneralProtection(0, $"SS cannot be loaded with the null selector 0x{selector:x} here");
        }

        // In 64-bit mode FS and GS keep their bases on some processors and lose them on others: they lose them here.
        SetSegment(register, new SegmentState(selector, 0, 0, (ushort)(register == X64SegmentRegister.Ss ? _privilege << 5 : 0)));
    }

    /// <summary>Sets the descriptor's accessed bit, in the table and in the segment.</summary>
    private SegmentState MarkAccessed(in Descriptor descriptor, in SegmentState segment)
    {
        if ((descriptor.Low & Descriptor.Accessed) == 0)
        {
            StoreSystem(descriptor.Address, 8, descriptor.Low | Descriptor.Accessed);
        }

        return segment with { Attributes = (ushort)(segment.Attributes | 1) };
    }

    /// <summary>What a segment lets through without a closer look, and where it starts.</summary>
    private readonly record struct SegmentAccess(ulong Base, bool Reads, bool Writes);
}
