using System.Buffers.Binary;

namespace Baton.Differential;

/// <summary>Makes cases of one mode from the templates; the same seed makes the same cases.</summary>
public sealed class CaseGenerator
{
    private const int FirstCodeOffset = 0x240;

    private readonly List<Template> _templates;
    private readonly ExecutionMode _mode;
    private readonly SegmentBases _bases;
    private readonly GuestMemory _memory;
    private readonly SplitMix64 _random;

    public CaseGenerator(
        IEnumerable<Template> templates, ExecutionMode mode, GuestMemory memory, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(memory);
        _templates = [.. templates.Where(template => template.AppliesTo(mode))];
        _mode = mode;
        _memory = memory;
        _bases = new SegmentBases(memory.Span(GuestLayout.Gdt, GuestLayout.PageSize).ToArray());
        _random = new SplitMix64(seed);
    }

    /// <summary>The next case.</summary>
    public InstructionCase Next()
    {
        while (true)
        {
            if (Build(new Draft(_random, _random.Pick(_templates), _mode, _bases)) is { } made)
            {
                return made;
            }
        }
    }

    private InstructionCase? Build(Draft draft)
    {
        draft.Flags = (_random.Next() & StatusFlags.Random) | 2 | (_random.Percent(30) ? StatusFlags.Direction : 0)
            | (_random.Percent(5) && !_mode.IsLong ? StatusFlags.NestedTask : 0);
        draft.CodeBase = _random.Pick(_mode.CodeBases);
        draft.CodeOffset = _random.Percent(95)
            ? FirstCodeOffset + _random.Below(0xC00) : GuestLayout.PageSize - 1 - _random.Below(15);
        ChooseStack(draft);
        Encoding.ChoosePrefixes(draft);
        if ((draft.Template.Is("no16") && draft.OperandSize == 16) || !OperandTraits.Prepare(draft, _memory))
        {
            return null;
        }

        Encoding.ChooseModRm(draft);
        ChooseImmediates(draft);
        if (draft.RmRegister is not null && draft.Template.Name.StartsWith("bt", StringComparison.Ordinal))
        {
            // QEMU 7.2 ends at a locked bit operation on a register, which a processor refuses.
            draft.Prefixes.Remove(0xF0);
        }

        if (!OperandTraits.AfterModRm(draft))
        {
            return null;
        }

        int length = Encoding.Assemble(draft).Length;
        ulong next = unchecked(draft.Rip + (ulong)length);
        if (length > 15 || (draft.Memory is not null && !draft.Template.Is("anywhere")
            && !OperandPlacement.PlaceModRm(draft, next)))
        {
            return null;
        }

        return TransferTraits.Apply(draft, next) && MemoryTraits.Apply(draft) ? Finish(draft) : null;
    }

    private InstructionCase? Finish(Draft draft)
    {
        byte[] code = Encoding.Assemble(draft);
        ulong undefined = draft.Template.UndefinedFlags;
        if (draft.Template.CountRule is { } rule)
        {
            int size = (draft.LastOpcode & 1) == 0 && rule != "shiftd" ? 8 : draft.OperandSize;
            ulong count = draft.Immediate.Count > 0 ? draft.Immediate[0]
                : draft.Template.Is("cl") ? draft.Registers[Draft.Rcx] & 0xFF : 1;
            int masked = (int)(count & (draft.OperandSize == 64 && size == 64 ? 63UL : 31UL));
            if (StatusFlags.UndefinedByCount(rule, (draft.ModRm!.Value >> 3) & 7, masked, size) is not { } flags)
            {
                return null;
            }

            undefined |= flags;
        }

        InstructionCase made = new()
        {
            Template = draft.Template,
            Mode = _mode,
            Rip = draft.Rip,
            Flags = draft.Flags,
            CodeAddress = GuestLayout.CodePage + draft.CodeOffset,
            Code = code,
            PatchAddress = draft.PatchAddress,
            Patch = draft.Patch,
            UndefinedFlags = undefined,
            Facts = new EncodingFacts
            {
                OperandSize = draft.OperandSize,
                AddressSize = draft.AddressSize,
                Opcode = draft.LastOpcode,
                ModRm = draft.ModRm,
                Segment = draft.SegmentOverride,
                HasLock = draft.Prefixes.Contains(0xF0),
                Immediate = draft.Immediate.Count > 0 ? draft.Immediate[0] : 0UL,
            },
        };
        draft.Selectors.CopyTo(made.Selectors, 0);
        for (int i = 0; i < 16; i++)
        {
            made.Registers[i] = _mode.Is64 ? draft.Registers[i] : i < 8 ? draft.Registers[i] & 0xFFFFFFFF : 0;
        }

        return made;
    }

    private void ChooseStack(Draft draft)
    {
        int at = 0x400 + _random.Below(0x800);
        if (_random.Percent(80))
        {
            at &= ~7;
        }

        if (_mode.IsPaged && draft.Template.Is("stack") && _random.Percent(8))
        {
            at = _random.Percent(50) ? _random.Below(24) : 0x1000 - _random.Below(24);
        }

        ulong offset = unchecked(_mode.Stack.Linear + (ulong)at - draft.BaseOf(1));
        draft.Set(Draft.Rsp, offset, _mode.Bits == 16 ? 16 : _mode.Bits);
        if (!_mode.Is64)
        {
            draft.Registers[Draft.Rsp] &= 0xFFFFFFFF;
        }

        if (_mode.IsLong && _mode.Bits == 16)
        {
            draft.Registers[Draft.Rsp] = GuestLayout.StackHigh | (draft.Registers[Draft.Rsp] & 0xFFFF);
        }

        if (draft.Template.Is("leave") || draft.Template.Is("enter"))
        {
            draft.Set(Draft.Rbp, unchecked(offset + (ulong)(_random.Below(512) & ~7)), _mode.Bits);
        }
    }

    private void ChooseImmediates(Draft draft)
    {
        foreach (string word in draft.Template.Immediates)
        {
            int size = word switch
            {
                "i8" or "rel8" => 1,
                "i16" => 2,
                "iz" => draft.OperandSize == 16 ? 2 : 4,
                "relz" => draft.OperandSize == 16 ? 2 : 4,
                "iv" => draft.OperandSize / 8,
                "moffs" => draft.AddressSize / 8,
                "ptr" => draft.OperandSize == 16 ? 4 : 6,
                _ => throw new FormatException($"{draft.Template.Name}: no operand is called {word}"),
            };
            byte[] bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, RegisterValues.Any(_random));
            if (draft.Template.Is("stack") && word == "i16")
            {
                // QEMU 7.2 takes the count of RET for a signed number.
                bytes[1] &= 0x7F;
            }

            draft.Immediate.AddRange(bytes.AsSpan(0, size));
        }
    }
}
