using static Baton.Proofs.X64.X64SegmentRegister;

namespace Baton.Proofs.X64;

/// <content>Reading descriptor tables, and the instructions that ask or load them.</content>
public sealed partial class X64Processor
{
    private const int SystemLdt = 2;
    private const int SystemTssAvailable = 9;
    private const int SystemTssBusy = 11;

    /// <summary>Reads a descriptor of GDT or LDT.</summary>
    /// <param name="selector">Not null.</param>
    /// <param name="vector">The exception for a selector beyond the table's limit.</param>
    private Descriptor ReadDescriptor(ushort selector, X64Exception vector) =>
        TryReadDescriptor(selector, out string reason) ?? throw Fault(vector, selector & ~3U, reason);

    private Descriptor? TryReadDescriptor(ushort selector, out string reason)
    {
        bool isLocal = (selector & 4) != 0;
        SegmentState local = _segments[(int)Ldtr];
        ulong tableBase = isLocal ? local.Base : Gdtr.Base;
        uint limit = isLocal ? local.Limit : Gdtr.Limit;
        string name = isLocal ? "LDTR" : "GDTR";
        if (isLocal && !local.IsPresent)
        {
            reason = $"selector 0x{selector:x} is one of the LDT, and there is none";
            return null;
        }

        uint index = selector & ~7U;
        if (index + 7 > limit)
        {
            reason = $"selector 0x{selector:x} lies beyond {name}.limit 0x{limit:x}";
            return null;
        }

        reason = "";
        ulong address = unchecked(tableBase + index);
        return new Descriptor(address, LoadSystem(address, 8));
    }

    /// <summary>A system descriptor, which has 16 bytes in long mode.</summary>
    private Descriptor Widen(in Descriptor descriptor) => IsLongMode
        ? descriptor with { High = LoadSystem(unchecked(descriptor.Address + 8), 8) & uint.MaxValue }
        : descriptor;

    private void Lgdt(DecodedInstruction op) => Gdtr = LoadTableRegister(op);

    private void Lidt(DecodedInstruction op) => Idtr = LoadTableRegister(op);

    private TableRegister LoadTableRegister(DecodedInstruction op)
    {
        RequirePrivilege0(op);
        ulong address = EffectiveAddress(op);
        ulong limit = Load(op.Segment, address, 2);
        ulong tableBase = Load(op.Segment, Behind(op, address, 2), op.OperandSize == 8 ? 8 : 4);
        if (op.OperandSize == 2)
        {
            tableBase &= 0xFF_FFFF;
        }

        if (!IsCanonical(tableBase))
        {
            throw GeneralProtection(0, $"the table's address 0x{tableBase:x} is not canonical");
        }

        return new TableRegister(tableBase, (ushort)limit);
    }

    private void Sgdt(DecodedInstruction op) => StoreTableRegister(op, Gdtr);

    private void Sidt(DecodedInstruction op) => StoreTableRegister(op, Idtr);

    private void StoreTableRegister(DecodedInstruction op, TableRegister table)
    {
        RequireNoUserModePrevention(op);
        ulong address = EffectiveAddress(op);
        int size = op.OperandSize == 8 ? 8 : 4;
        ulong at = Behind(op, address, 2);
        ProbeWrite(Linear(op.Segment, address, 2, true), 2, op.Segment);
        ProbeWrite(Linear(op.Segment, at, size, true), size, op.Segment);
        Store(op.Segment, address, 2, table.Limit);
        Store(op.Segment, at, size, table.Base);
    }

    private void Sldt(DecodedInstruction op) => StoreSelector(op, Ldtr);

    private void Str(DecodedInstruction op) => StoreSelector(op, Tr);

    private void StoreSelector(DecodedInstruction op, X64SegmentRegister register)
    {
        RequireProtected(op);
        RequireNoUserModePrevention(op);
        StoreWord(op, _segments[(int)register].Selector);
    }

    /// <summary>Writes 16 bits to memory, or the value to all of a register.</summary>
    private void StoreWord(DecodedInstruction op, ulong value)
    {
        if (op.A.Kind == OperandKind.Memory)
        {
            Store(op.Segment, EffectiveAddress(op), 2, value);
        }
        else
        {
            Write(op.A, op, value);
        }
    }

    private ushort ReadWord(DecodedInstruction op, in Operand operand) => unchecked((ushort)(operand.Kind == OperandKind.Memory
        ? Load(op.Segment, EffectiveAddress(op), 2)
        : _r[operand.Register]));

    private void Lldt(DecodedInstruction op)
    {
        RequireProtected(op);
        RequirePrivilege0(op);
        ushort selector = ReadWord(op, op.A);
        if ((selector & ~3) == 0)
        {
            SetSegment(Ldtr, new SegmentState(selector, 0, 0, 0));
            return;
        }

        SetSegment(Ldtr, ReadSystemSegment(selector, SystemLdt, SystemLdt, "an LDT").ToSegment(selector));
    }

    private void Ltr(DecodedInstruction op)
    {
        RequireProtected(op);
        RequirePrivilege0(op);
        ushort selector = ReadWord(op, op.A);
        if ((selector & ~3) == 0)
        {
            throw GeneralProtection(0, "TR cannot be loaded with a null selector");
        }

        Descriptor descriptor = ReadSystemSegment(
            selector, SystemTssAvailable, IsLongMode ? SystemTssAvailable : 1, "an available TSS");
        StoreSystem(descriptor.Address, 8, descriptor.Low | (2UL << 40));
        SegmentState segment = descriptor.ToSegment(selector);
        SetSegment(Tr, segment with { Attributes = (ushort)(segment.Attributes | 2) });
    }

    private Descriptor ReadSystemSegment(ushort selector, int type, int otherType, string what)
    {
        uint code = selector & ~3U;
        if ((selector & 4) != 0)
        {
            throw GeneralProtection(code, $"selector 0x{selector:x} is one of the LDT, and {what} lies in the GDT");
        }

        Descriptor descriptor = ReadDescriptor(selector, X64Exception.GeneralProtection);
        if (IsLongMode && (selector | 7U) + 8 > Gdtr.Limit)
        {
            throw GeneralProtection(
                code, $"the 16 bytes of selector 0x{selector:x} reach beyond GDTR.limit 0x{Gdtr.Limit:x}");
        }

        if (descriptor.IsCodeOrData || (descriptor.Type != type && descriptor.Type != otherType))
        {
            throw GeneralProtection(code, $"selector 0x{selector:x} is not {what}: {descriptor}");
        }

        if (!descriptor.IsPresent)
        {
            throw Fault(
                X64Exception.SegmentNotPresent, code, $"the segment of selector 0x{selector:x} is not present: {descriptor}");
        }

        return IsLongMode ? WidenSegment(descriptor, selector) : descriptor;
    }

    /// <summary>The upper half has a type of its own, which is none, and the rest of the base.</summary>
    private Descriptor WidenSegment(in Descriptor descriptor, ushort selector)
    {
        const ulong UpperType = 0x1FUL << 40;
        uint code = selector & ~3U;
        ulong high = LoadSystem(unchecked(descriptor.Address + 8), 8);
        if ((high & UpperType) != 0)
        {
            throw GeneralProtection(
                code, $"the upper half of selector 0x{selector:x} = 0x{high:x16} has a type, which must be 0");
        }

        Descriptor wide = descriptor with { High = high & uint.MaxValue };
        return IsCanonical(wide.Base)
            ? wide
            : throw GeneralProtection(code, $"the base of selector 0x{selector:x} is not canonical: {wide}");
    }

    private void Lar(DecodedInstruction op) => AskDescriptor(op, static d => d.Low >> 32 & 0x00F0_FF00, forLimit: false);

    private void Lsl(DecodedInstruction op) => AskDescriptor(op, static d => d.Limit, forLimit: true);

    private void AskDescriptor(DecodedInstruction op, Func<Descriptor, ulong> answer, bool forLimit)
    {
        RequireProtected(op);
        Descriptor? descriptor = VisibleDescriptor(ReadWord(op, op.B));
        bool known = descriptor is { } found && (found.IsCodeOrData || KnowsSystemType(found.Type, forLimit));
        if (known)
        {
            Write(op.A, op, answer(descriptor.GetValueOrDefault()));
        }

        SetFlags(X64Flags.ZF, Bit(X64Flags.ZF, known));
    }

    private bool KnowsSystemType(int type, bool forLimit) => type switch
    {
        1 or 3 => !IsLongMode,
        2 or 9 or 11 => true,
        4 or 5 => !IsLongMode && !forLimit,
        12 => !forLimit,
        _ => false,
    };

    private void Verr(DecodedInstruction op) => Verify(op, static segment => segment.IsReadable);

    private void Verw(DecodedInstruction op) => Verify(op, static segment => segment.IsWritable);

    private void Verify(DecodedInstruction op, Func<SegmentState, bool> allows)
    {
        RequireProtected(op);
        ushort selector = ReadWord(op, op.A);
        bool holds = VisibleDescriptor(selector) is { IsCodeOrData: true } descriptor && allows(descriptor.ToSegment(selector));
        SetFlags(X64Flags.ZF, Bit(X64Flags.ZF, holds));
    }

    /// <summary>A descriptor that the current privilege may see; null for none.</summary>
    private Descriptor? VisibleDescriptor(ushort selector)
    {
        if ((selector & ~3) == 0 || TryReadDescriptor(selector, out _) is not { } descriptor)
        {
            return null;
        }

        return descriptor.IsConforming || Math.Max(_privilege, selector & 3) <= descriptor.PrivilegeLevel ? descriptor : null;
    }
}
