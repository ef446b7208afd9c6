using static Baton.Proofs.X64.X64SegmentRegister;

namespace Baton.Proofs.X64;

/// <content>
/// Jumps, calls and returns to another code segment, without gates and task switches: those are faults of the kind
/// "not simulated". Returns to an outer privilege are simulated.
/// </content>
public sealed partial class X64Processor
{
    private void JmpFar(DecodedInstruction op)
    {
        (ushort selector, ulong offset) = FarTarget(op);
        SegmentState code = CheckFarTarget(selector, offset, out offset);
        EnterCode(code, offset);
    }

    private void CallFar(DecodedInstruction op)
    {
        (ushort selector, ulong offset) = FarTarget(op);
        SegmentState code = CheckFarTarget(selector, offset, out offset);
        PushValue(_segments[(int)Cs].Selector, op.OperandSize);
        PushValue(_nextRip, op.OperandSize);
        EnterCode(code, offset);
    }

    private (ushort Selector, ulong Offset) FarTarget(DecodedInstruction op)
    {
        if (op.A.Kind == OperandKind.Immediate)
        {
            return ((ushort)op.A.Value, op.Target);
        }

        ulong address = EffectiveAddress(op);
        ulong offset = Load(op.Segment, address, op.OperandSize);
        ulong selector = Load(op.Segment, Behind(op, address, (int)op.OperandSize), 2);
        return ((ushort)selector, offset);
    }

    /// <summary>The code segment of a far jump or call, at the same privilege.</summary>
    private SegmentState CheckFarTarget(ushort selector, ulong offset, out ulong target)
    {
        if (IsReal)
        {
            target = offset & uint.MaxValue;
            return RealCode(selector, target);
        }

        Descriptor descriptor = ReadCodeDescriptor(selector, X64Exception.GeneralProtection);
        uint code = selector & ~3U;
        bool allowed = descriptor.IsConforming
            ? descriptor.PrivilegeLevel <= _privilege
            : (selector & 3) <= _privilege && descriptor.PrivilegeLevel == _privilege;
        if (!allowed)
        {
            throw GeneralProtection(code, $"selector 0x{selector:x} cannot be reached from privilege {_privilege}: {descriptor}");
        }

        CheckCode(descriptor, selector);
        target = CheckOffset(descriptor, offset);
        return MarkAccessed(descriptor, descriptor.ToSegment((ushort)(code | (uint)_privilege)));
    }

    private SegmentState RealCode(ushort selector, ulong offset)
    {
        SegmentState old = _segments[(int)Cs];
        if (offset > old.Limit)
        {
            throw GeneralProtection(0, $"the jump's target 0x{offset:x} lies beyond CS.limit 0x{old.Limit:x}");
        }

        // The limit and the width of a protected mode before stay in force.
        return old with
        {
            Selector = selector,
            Base = (ulong)selector << 4,
            Attributes = (ushort)((old.Attributes & 0xF000) | 0x93),
        };
    }

    private Descriptor ReadCodeDescriptor(ushort selector, X64Exception vector)
    {
        if ((selector & ~3) == 0)
        {
            throw Fault(vector, 0, "CS cannot be loaded with a null selector");
        }

        Descriptor descriptor = ReadDescriptor(selector, vector);
        if (descriptor.IsCode)
        {
            return descriptor;
        }

        bool isGate = !descriptor.IsCodeOrData && descriptor.Type is 1 or 4 or 5 or 9 or 12;
        throw isGate && vector == X64Exception.GeneralProtection
            ? NotSimulated($"a transfer through the gate or task of selector 0x{selector:x} is not simulated: {descriptor}")
            : Fault(vector, selector & ~3U, $"selector 0x{selector:x} is not code: {descriptor}");
    }

    private void CheckCode(in Descriptor descriptor, ushort selector)
    {
        uint code = selector & ~3U;
        if (IsLongMode && descriptor.IsLong && descriptor.IsBig)
        {
            throw GeneralProtection(code, $"selector 0x{selector:x} has both L and D set: {descriptor}");
        }

        if (!descriptor.IsPresent)
        {
            throw Fault(
                X64Exception.SegmentNotPresent, code, $"the segment of selector 0x{selector:x} is not present: {descriptor}");
        }
    }

    private ulong CheckOffset(in Descriptor descriptor, ulong offset)
    {
        if (IsLongMode && descriptor.IsLong)
        {
            int unused = (_cr4 & X64Cr4.LA57) != 0 ? 64 - 57 : 64 - 48;
            return unchecked((ulong)((long)(offset << unused) >> unused)) == offset
                ? offset
                : throw GeneralProtection(0, $"the jump's target 0x{offset:x} is not canonical");
        }

        offset &= uint.MaxValue;
        return offset <= descriptor.Limit
            ? offset
            : throw GeneralProtection(
                0, $"the jump's target 0x{offset:x} lies beyond the segment's limit 0x{descriptor.Limit:x}");
    }

    private void EnterCode(in SegmentState code, ulong offset)
    {
        int bits = _bits;
        SetSegment(Cs, code);
        LoseUpperHalves(bits);
        _nextRip = offset;
    }

    private void RetFar(DecodedInstruction op)
    {
        int size = op.OperandSize;
        ulong offset = PeekStack(0, size);
        ushort selector = unchecked((ushort)PeekStack((ulong)size, size));
        ReturnFar(selector, offset, (ulong)size * 2, size, op.A.Value & 0xFFFF);
    }

    /// <summary>Returns to the same or an outer privilege.</summary>
    /// <param name="selector">The code segment on the stack.</param>
    /// <param name="offset">The instruction on the stack.</param>
    /// <param name="popped">Bytes of the stack up to what an outer privilege needs.</param>
    /// <param name="size">Bytes of an entry.</param>
    /// <param name="release">Bytes of parameters to drop.</param>
    private void ReturnFar(ushort selector, ulong offset, ulong popped, int size, ulong release)
    {
        if (IsReal)
        {
            SegmentState code = RealCode(selector, offset & uint.MaxValue);
            DropStack(popped + release);
            EnterCode(code, offset & uint.MaxValue);
            return;
        }

        int level = selector & 3;
        SegmentState target = CheckReturn(selector, ref offset);
        if (level == _privilege)
        {
            DropStack(popped + release);
            EnterCode(target, offset);
            return;
        }

        ulong stackPointer = PeekStack(popped + release, size);
        ushort stackSelector = unchecked((ushort)PeekStack(popped + release + (ulong)size, size));
        EnterOuter(target, offset, stackSelector, unchecked(stackPointer + release));
    }

    private SegmentState CheckReturn(ushort selector, ref ulong offset)
    {
        Descriptor descriptor = ReadCodeDescriptor(selector, X64Exception.GeneralProtection);
        int level = selector & 3;
        int required = descriptor.PrivilegeLevel;
        if (level < _privilege || (descriptor.IsConforming ? required > level : required != level))
        {
            throw GeneralProtection(
                selector & ~3U, $"selector 0x{selector:x} cannot be returned to from privilege {_privilege}: {descriptor}");
        }

        CheckCode(descriptor, selector);
        offset = CheckOffset(descriptor, offset);
        return MarkAccessed(descriptor, descriptor.ToSegment(selector));
    }

    private void EnterOuter(in SegmentState code, ulong offset, ushort stackSelector, ulong stackPointer)
    {
        int level = code.Selector & 3;
        bool to64 = IsLongMode && code.IsLong;
        SegmentState stack;
        if ((stackSelector & ~3) == 0)
        {
            if (!to64 || level == 3 || (stackSelector & 3) != level)
            {
                throw GeneralProtection(0, $"a return to privilege {level} finds the null selector 0x{stackSelector:x} for SS");
            }

            stack = new SegmentState(stackSelector, 0, 0, (ushort)(level << 5));
        }
        else
        {
            Descriptor descriptor = ReadDescriptor(stackSelector, X64Exception.GeneralProtection);
            stack = descriptor.ToSegment(stackSelector);
            if ((stackSelector & 3) != level || !stack.IsWritable || stack.PrivilegeLevel != level)
            {
                throw GeneralProtection(
                    stackSelector & ~3U, $"selector 0x{stackSelector:x} cannot be a stack at privilege {level}: {descriptor}");
            }

            if (!stack.IsPresent)
            {
                throw StackFault(
                    stackSelector & ~3U, $"the segment of selector 0x{stackSelector:x} is not present: {descriptor}");
            }

            stack = MarkAccessed(descriptor, stack);
        }

        int bits = _bits;
        SetPrivilege(level);
        SetSegment(Cs, code);
        LoseUpperHalves(bits);
        SetSegment(X64SegmentRegister.Ss, stack);
        SetStackPointer(stackPointer);
        _nextRip = offset;
        foreach (X64SegmentRegister register in (ReadOnlySpan<X64SegmentRegister>)[X64SegmentRegister.Es, Ds, Fs, Gs])
        {
            SegmentState segment = _segments[(int)register];
            if (segment.PrivilegeLevel < level && !segment.IsConforming)
            {
                SetSegment(register, SegmentState.Null);
            }
        }
    }

    private void SetPrivilege(int level)
    {
        if (level != _privilege)
        {
            _privilege = level;
            ForgetTranslations();
        }
    }
}
