namespace Baton.Differential;

/// <summary>Registers that an instruction uses without naming them, set before anything else is chosen.</summary>
internal static class OperandTraits
{
    private const int MaximumCount = 100;

    /// <summary>Sets the implicit operands.</summary>
    /// <returns>False when this draft cannot be used.</returns>
    public static bool Prepare(Draft draft, GuestMemory memory)
    {
        SplitMix64 random = draft.Random;
        Template template = draft.Template;
        if (template.Is("cl"))
        {
            int count = random.Below(random.Percent(20) ? 256 : 40);
            draft.Registers[Draft.Rcx] = (draft.Registers[Draft.Rcx] & ~0xFFUL) | (uint)count;
            draft.Pinned |= 1U << Draft.Rcx;
        }

        if (template.Is("counter") && random.Percent(70))
        {
            draft.Set(Draft.Rcx, (ulong)random.Below(3), draft.AddressSize);
        }

        if (template.Is("div") && random.Percent(70))
        {
            draft.Registers[Draft.Rdx] = random.Percent(60) ? (ulong)random.Below(40) : ulong.MaxValue;
            draft.Pinned |= 1U << Draft.Rdx;
        }

        if (template.Is("msr"))
        {
            PrepareMsr(draft);
        }

        return PrepareString(draft, memory) && (!template.Is("xlat") || PrepareXlat(draft));
    }

    /// <summary>Sets what depends on the chosen registers.</summary>
    /// <returns>False when this draft cannot be used.</returns>
    public static bool AfterModRm(Draft draft)
    {
        SplitMix64 random = draft.Random;
        if (draft.Template.Is("sparse") && draft.RmRegister is { } source && random.Percent(40) && !draft.IsPinned(source))
        {
            draft.Registers[source] = random.Percent(40) ? 0 : 1UL << random.Below(64);
            draft.Pinned |= 1U << source;
        }

        if (draft.Template.Is("bt") && draft.Memory is not null)
        {
            if (draft.IsPinned(draft.Reg))
            {
                return false;
            }

            // The bit may be far from the operand: near it, so that it is within the page.
            long bit = random.Below(1024) - 512;
            draft.Set(draft.Reg, unchecked((ulong)bit), draft.OperandSize);
        }

        if (draft.Template.Is("moffs") && !PlaceOffset(draft))
        {
            return false;
        }

        return !draft.Template.Is("crwrite") || PrepareControlRegister(draft);
    }

    private static bool PrepareString(Draft draft, GuestMemory memory)
    {
        SplitMix64 random = draft.Random;
        Template template = draft.Template;
        bool isSource = template.Is("source");
        bool isDestination = template.Is("destination");
        if (!isSource && !isDestination)
        {
            return true;
        }

        bool isRepeated = draft.Prefixes.Contains(0xF2) || draft.Prefixes.Contains(0xF3);
        if (isSource)
        {
            int segment = draft.SegmentOverride ?? 2;
            segment = draft.Mode.Is64 && segment < 4 ? 2 : segment;
            if (OperandPlacement.Choose(draft, segment, draft.AddressSize, mustBeInside: false, isString: true) is not { } from)
            {
                return false;
            }

            draft.Set(Draft.Rsi, from.Offset, draft.AddressSize);
        }

        if (isDestination)
        {
            if (OperandPlacement.Choose(draft, 3, draft.AddressSize, mustBeInside: false, isString: true) is not { } to)
            {
                return false;
            }

            draft.Set(Draft.Rdi, to.Offset, draft.AddressSize);
            if (random.Percent(50))
            {
                // Something to find, or to go on while it is there.
                draft.Registers[Draft.Rax] = memory.Span(to.Physical & ~7, 8)[0] * 0x0101010101010101UL;
            }
        }

        if (isRepeated)
        {
            bool isLong = draft.Mode.IsPaged && random.Percent(5);
            draft.Set(Draft.Rcx, (ulong)random.Below(isLong ? 5000 : MaximumCount), draft.AddressSize);
        }

        return true;
    }

    private static bool PlaceOffset(Draft draft)
    {
        int segment = draft.SegmentOverride ?? 2;
        segment = draft.Mode.Is64 && segment < 4 ? 2 : segment;
        if (OperandPlacement.Choose(draft, segment, draft.AddressSize, mustBeInside: false) is not { } place)
        {
            return false;
        }

        for (int i = 0; i < draft.Immediate.Count; i++)
        {
            draft.Immediate[i] = (byte)(place.Offset >> (8 * i));
        }

        return true;
    }

    private static bool PrepareXlat(Draft draft)
    {
        int segment = draft.SegmentOverride ?? 2;
        segment = draft.Mode.Is64 && segment < 4 ? 2 : segment;
        if (OperandPlacement.Choose(draft, segment, draft.AddressSize, mustBeInside: false) is not { } place)
        {
            return false;
        }

        draft.Set(Draft.Rbx, unchecked(place.Offset - (draft.Registers[Draft.Rax] & 0xFF)), draft.AddressSize);
        return true;
    }

    private static void PrepareMsr(Draft draft)
    {
        SplitMix64 random = draft.Random;
        bool isWrite = draft.Template.Is("wrmsr");
        uint[] registers = draft.Mode.IsLong ? [0xC0000080, 0xC0000100, 0xC0000101, 0xC0000102] : [0xC0000080];
        uint register = random.Pick(registers);
        draft.Registers[Draft.Rcx] = register;
        if (!isWrite)
        {
            return;
        }

        if (register == 0xC0000080)
        {
            // System calls on and off, no-execute on and off where no page uses it; long mode as it is.
            uint value = draft.Mode.Efer | (draft.Mode.IsLong ? 0x400U : 0);
            draft.Registers[Draft.Rax] = value ^ (random.Percent(50) ? 1U : 0);
            draft.Registers[Draft.Rdx] = 0;
        }
        else if (random.Percent(70))
        {
            ulong half = random.Percent(50) ? 0 : 0xFFFF8000UL;
            draft.Registers[Draft.Rdx] = half | (uint)random.Below(0x8000);
        }
    }

    private static bool PrepareControlRegister(Draft draft)
    {
        SplitMix64 random = draft.Random;
        if (draft.RmRegister is not { } register || register == Draft.Rsp)
        {
            return false;
        }

        ExecutionMode mode = draft.Mode;
        ulong taskSwitched = mode.Kind == EntryKind.ProtectedMode ? 8UL : 0;
        switch (draft.Reg)
        {
            case 0:
                // NE, WP, AM, MP, EM, TS; the modes themselves stay: QEMU ends where PG without PE should fault.
                draft.Registers[register] = (mode.Cr0 | taskSwitched) ^ (random.Next() & 0x5002E);
                return true;
            case 8:
                return false;
            case 3:
                draft.Registers[register] = mode.Cr3 | (random.Next() & 0x18);
                return true;
            case 4:
                draft.Registers[register] = mode.Cr4 ^ (random.Next() & 0x78C);
                return true;
            default:
                return true;
        }
    }
}
