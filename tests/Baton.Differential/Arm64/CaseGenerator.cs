using Baton.Proofs;

namespace Baton.Differential.Arm64;

/// <summary>Makes cases from templates: random fields, random registers, and addresses that lead somewhere.</summary>
internal sealed class CaseGenerator(
    Random random, IReadOnlyList<Template> templates, MachineConfiguration configuration, PhysicalMemory memory)
{
    /// <summary>Windows at both ends that are nobody's base, so that offsets stay in the run.</summary>
    private const int Margin = 64 * 1024 / GuestLayout.WindowSize;

    private readonly Template[] _templates = [.. templates.Where(template => template.IsFor(configuration))];

    /// <summary>Makes the case for a place in the batch.</summary>
    public JudgeCase Next(int place)
    {
        Template template = _templates[random.Next(_templates.Length)];
        uint word = (unchecked((uint)random.NextInt64()) & ~template.Mask) | template.Value;
        if (template.Options.Contains("any") && IsLeftOut(word))
        {
            return Next(place);
        }

        JudgeCase made = new()
        {
            Template = template,
            Word = word,
            First = template.Options.Contains("exclusive") ? LoadBefore(word)
                : template.First != 0 ? template.First : GuestLayout.Filler,
            Slot = GuestLayout.Code + (ulong)(place * GuestLayout.SlotSize),
            Nzcv = (uint)random.Next(16) << 28,
        };
        for (int i = 0; i < made.Registers.Length; i++)
        {
            made.Registers[i] = RegisterValues.Next(random);
        }

        made.Registers[31] &= ~15UL;
        if (template.Options.Contains("memory"))
        {
            PointToMemory(made, place);
        }

        if (template.Options.Contains("code") && random.Next(10) != 0)
        {
            made.Registers[Field(word, 5)] = CodeAddress(made);
        }

        return made;
    }

    private static int Field(uint word, int low) => (int)(word >> low & 31);

    /// <summary>Exclusive stores without their load, and literals from slots that are not yet what they will be.</summary>
    private static bool IsLeftOut(uint word) => (word & 0x3fc0_0000) == 0x0800_0000 || (word & 0x3f80_0000) == 0x1800_0000;

    private void PointToMemory(JudgeCase made, int place)
    {
        int window = Math.Clamp(place, Margin, GuestLayout.CasesInBatch - Margin);
        int offset = (window * GuestLayout.WindowSize) + random.Next(GuestLayout.WindowSize);
        offset &= random.Next(configuration.IsMmuOn ? 10 : 40) switch
        {
            0 => ~0,
            1 => ~1,
            2 => ~3,
            3 => ~7,
            _ => ~15,
        };
        if (made.Template.Options.Contains("aligned"))
        {
            offset &= ~15;
        }
        else if (configuration.IsMmuOn && random.Next(16) == 0)
        {
            // The end of a page, where the next one may not be there.
            offset = (offset | 0xfff) - random.Next(16);
        }

        int index = Field(made.Word, 16);
        if (made.Template.Options.Contains("index"))
        {
            ulong value = unchecked((ulong)(long)random.Next(-2048, 2048));
            made.Registers[index] = random.Next(4) == 0 ? value ^ (RegisterValues.Next(random) << 32) : value;
        }

        int basis = made.Template.Options.Contains("zero") ? 0 : 5;
        made.Registers[Field(made.Word, basis)] = DataAddress((ulong)offset);
        if (made.Template.Options.Contains("compare") && random.Next(4) != 0)
        {
            ulong at = GuestLayout.Windows + (ulong)offset;
            made.Registers[index] = memory.Read(at, 8);
            int half = (made.Word >> 30 & 1) != 0 ? 8 : 4;
            if ((made.Word >> 23 & 1) == 0 && index < 30)
            {
                made.Registers[index + 1] = memory.Read(at + (ulong)half, 8);
            }
        }
    }

    private ulong DataAddress(ulong offset)
    {
        if (!configuration.IsMmuOn)
        {
            return GuestLayout.Windows + offset;
        }

        int choice = random.Next(20);
        ulong address = choice < 9
            ? GuestLayout.Windows + offset
            : GuestTables.Address2MiB(GuestTables.DataAliases[random.Next(GuestTables.DataAliases.Count)]) + offset;
        return Halved(address);
    }

    /// <summary>Sometimes the same in the upper half, sometimes with a tag.</summary>
    private ulong Halved(ulong address)
    {
        bool isUpper = configuration.UpperBits != 0 && random.Next(3) == 0;
        ulong halved = isUpper ? address | (ulong.MaxValue << configuration.UpperBits) : address;
        return random.Next(8) == 0 ? halved ^ ((ulong)random.Next(256) << 56) : halved;
    }

    private ulong CodeAddress(JudgeCase made)
    {
        ulong address = unchecked(made.Slot + (ulong)(random.Next(0, 16) * 4));
        if (random.Next(12) == 0)
        {
            address += (ulong)random.Next(4);
        }

        if (!configuration.IsMmuOn)
        {
            return address;
        }

        if (random.Next(3) == 0)
        {
            int slot = GuestTables.CodeAliases[random.Next(GuestTables.CodeAliases.Count)];
            address = GuestTables.Address2MiB(slot) + (address - GuestLayout.Code);
        }

        return Halved(address);
    }

    /// <summary>The exclusive load that opens the way for an exclusive store to the same address.</summary>
    private uint LoadBefore(uint store)
    {
        // The same size, order and base; two registers that are neither the base nor operands of the store.
        HashSet<int> taken = [Field(store, 0), Field(store, 5), Field(store, 10), Field(store, 16)];
        int[] free = [.. Enumerable.Range(0, 31).Where(register => !taken.Contains(register)).Take(2)];
        uint load = (store | (1U << 22) | (31U << 16)) & ~0x7c1fU;
        bool isPair = (store >> 21 & 1) != 0;
        return load | (uint)free[0] | ((isPair ? (uint)free[1] : 31U) << 10) | (random.Next(8) == 0 ? 1U << 15 : 0);
    }
}
