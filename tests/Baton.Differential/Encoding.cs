namespace Baton.Differential;

/// <summary>Prefixes, ModRM, SIB and displacement: chosen, and put together.</summary>
internal static class Encoding
{
    private static readonly byte[] SegmentPrefixes = [0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65];

    /// <summary>Chooses prefixes, and with them the sizes of operands and addresses.</summary>
    public static void ChoosePrefixes(Draft draft)
    {
        SplitMix64 random = draft.Random;
        ExecutionMode mode = draft.Mode;
        Template template = draft.Template;
        bool hasMandatory = draft.Opcode is [0xF2 or 0xF3 or 0x66, _, ..];
        bool isNear = template.Is("branch") || template.Is("indirect") || template.Is("ret");
        if (random.Percent(20) && !(isNear && mode.Is64))
        {
            draft.Prefixes.Add(0x66);
        }

        if (random.Percent(12))
        {
            draft.Prefixes.Add(0x67);
        }

        if (random.Percent(15))
        {
            int segment = random.Below(6);
            draft.Prefixes.Add(SegmentPrefixes[segment]);
            draft.SegmentOverride = segment;
        }

        if (random.Percent(template.Is("lock") ? 12 : 2) && !hasMandatory && !template.Is("nolock"))
        {
            draft.Prefixes.Add(0xF0);
        }
        else if (random.Percent(60) && (template.Is("rep") || template.Is("repne")))
        {
            draft.Prefixes.Add((byte)(template.Is("repne") && random.Percent(50) ? 0xF2 : 0xF3));
        }

        if (draft.Prefixes.Count > 1 && random.Percent(50))
        {
            draft.Prefixes.Reverse();
        }

        if (mode.Is64 && random.Percent(60))
        {
            draft.Rex = (byte)(0x40 | random.Below(16));
        }

        bool has66 = draft.Prefixes.Contains(0x66);
        draft.OperandSize = (draft.Rex & 8) != 0 ? 64 : mode.Bits == 16 ? (has66 ? 32 : 16) : has66 ? 16 : 32;
        bool has67 = draft.Prefixes.Contains(0x67);
        draft.AddressSize = mode.Bits switch
        {
            16 => has67 ? 32 : 16,
            32 => has67 ? 16 : 32,
            _ => has67 ? 32 : 64,
        };
    }

    /// <summary>Chooses the ModRM byte and what follows from it.</summary>
    public static void ChooseModRm(Draft draft)
    {
        SplitMix64 random = draft.Random;
        if (draft.Template.ModRm is not { } kind)
        {
            return;
        }

        (int first, int last) = draft.Template.Digits;
        int digit = first + random.Below(last - first + 1);
        int mod = kind switch
        {
            "m" => random.Below(3),
            "r" => 3,
            _ => random.Percent(45) ? 3 : random.Below(3),
        };
        byte modRm = (byte)((mod << 6) | (digit << 3) | random.Below(8));
        draft.ModRm = modRm;
        if (mod != 3)
        {
            draft.Memory = Addressing.Choose(draft, modRm);
        }
    }

    /// <summary>The bytes of the instruction as it stands.</summary>
    public static byte[] Assemble(Draft draft)
    {
        List<byte> code = [.. draft.Prefixes];
        ReadOnlySpan<byte> opcode = draft.Opcode;
        if (opcode is [0xF2 or 0xF3 or 0x66, _, ..])
        {
            code.Add(opcode[0]);
            opcode = opcode[1..];
        }

        if (draft.Rex != 0)
        {
            code.Add(draft.Rex);
        }

        code.AddRange(opcode);
        if (draft.ModRm is { } modRm)
        {
            code.Add(modRm);
        }

        if (draft.Memory is { } memory)
        {
            if (memory.Sib is { } sib)
            {
                code.Add(sib);
            }

            for (int i = 0; i < memory.DisplacementSize; i++)
            {
                code.Add(unchecked((byte)(memory.Displacement >> (8 * i))));
            }
        }

        code.AddRange(draft.Immediate);
        return [.. code];
    }
}
