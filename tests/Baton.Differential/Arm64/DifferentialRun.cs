using System.Buffers.Binary;
using System.Diagnostics;
using Baton.Proofs;

namespace Baton.Differential.Arm64;

/// <summary>A case in which the two sides do not agree.</summary>
public sealed record Difference(string Configuration, string Class, string Text);

/// <summary>What a run came to.</summary>
public sealed class DifferentialResult
{
    /// <summary>Cases that both sides ran and that were compared, by class.</summary>
    public SortedDictionary<string, long> Compared { get; } = new(StringComparer.Ordinal);

    /// <summary>How many of them ended in another exception than the BRK behind them, by class.</summary>
    public SortedDictionary<string, long> Faulted { get; } = new(StringComparer.Ordinal);

    /// <summary>Compared cases by machine.</summary>
    public Dictionary<string, long> Machines { get; } = [];

    /// <summary>Drafts that were not given to QEMU, by reason.</summary>
    public SortedDictionary<string, long> Refused { get; } = new(StringComparer.Ordinal);

    public List<Difference> Differences { get; } = [];

    public TimeSpan Time { get; set; }

    public long Total => Compared.Values.Sum();
}

/// <summary>Runs random instructions on the simulated processor and on QEMU, and compares everything that both show.</summary>
public sealed class DifferentialRun(long cases, int seed)
{
    /// <summary>Enough to see what is wrong.</summary>
    private const int MostDifferences = 200;

    private const int ResultBytes = GuestLayout.Results * 8;

    /// <summary>NZCV, UAO, PAN, DIT, SSBS, DAIF, mode: BTYPE, IL, SS and TCO are not compared.</summary>
    private const ulong ComparedState = 0xf1c0_13df;

    private const int DataAbort = 0x25;

    /// <summary>ISV and what it makes valid: by the manual for the second stage alone, QEMU fills it in at EL2.</summary>
    private const ulong InstructionSyndrome = 0x1ff_c000;

    private readonly DifferentialResult _result = new();

    /// <summary>Carries it out.</summary>
    public DifferentialResult Execute()
    {
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyList<Template> templates = Template.ReadAll();
        foreach (MachineConfiguration configuration in MachineConfiguration.All)
        {
            _result.Machines[configuration.Name] = 0;
            RunMachine(configuration, templates, cases * configuration.Share / 100);
        }

        _result.Time = watch.Elapsed;
        return _result;
    }

    private void RunMachine(MachineConfiguration configuration, IReadOnlyList<Template> templates, long count)
    {
        Random random = new(unchecked((seed * 31) + configuration.Name.Length));
        GuestTables tables = new(configuration);
        using GuestMemory memory = new();
        using QemuMachine machine = new(memory, configuration, tables);
        SimulatedSide simulated = new(configuration, tables);
        CaseGenerator generator = new(random, templates, configuration, simulated.Memory);
        byte[] windows = new byte[GuestLayout.WindowsSize];
        byte[] records = new byte[GuestLayout.CasesInBatch * GuestLayout.CaseSize];
        for (int batch = 0; count > 0 && _result.Differences.Count < MostDifferences; batch++)
        {
            if (batch % 16 == 0)
            {
                random.NextBytes(windows);
                memory.Write(GuestLayout.Windows, windows);
                simulated.Memory.Set(GuestLayout.Windows, windows);
            }

            int size = (int)Math.Min(count, GuestLayout.CasesInBatch);
            List<JudgeCase> made = [];
            while (made.Count < size)
            {
                JudgeCase next = generator.Next(made.Count);
                if (simulated.Run(next) is { } reason)
                {
                    string key = reason is "not simulated" or "constrained unpredictable"
                        ? $"{reason}: {next.Template.Class}"
                        : reason;
                    _result.Refused[key] = _result.Refused.GetValueOrDefault(key) + 1;
                    continue;
                }

                Encode(next, simulated.State, records.AsSpan(made.Count * GuestLayout.CaseSize, GuestLayout.CaseSize));
                made.Add(next);
            }

            memory.Write(GuestLayout.Cases, records.AsSpan(0, size * GuestLayout.CaseSize));
            try
            {
                machine.Run(size);
            }
            catch (JudgeStuckException stuck)
            {
                _result.Differences.Add(new(
                    configuration.Name, made[stuck.Index].Template.Class, $"stuck: {Describe(made[stuck.Index])}"));
                return;
            }

            memory.Read(GuestLayout.Cases, records.AsSpan(0, size * GuestLayout.CaseSize));
            for (int i = 0; i < size; i++)
            {
                Compare(configuration, made[i], records.AsSpan((i * GuestLayout.CaseSize) + GuestLayout.Out, ResultBytes));
            }

            memory.Read(GuestLayout.Windows, windows);
            CompareMemory(configuration, simulated.Memory, windows);
            _result.Machines[configuration.Name] += size;
            count -= size;
        }
    }

    private static void Encode(JudgeCase made, ulong state, Span<byte> record)
    {
        for (int i = 0; i < made.Registers.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(record[(i * 8)..], made.Registers[i]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(record[GuestLayout.InSpsr..], state | made.Nzcv);
        BinaryPrimitives.WriteUInt64LittleEndian(record[GuestLayout.InStart..], made.Start);
        BinaryPrimitives.WriteUInt32LittleEndian(record[GuestLayout.InWords..], made.Word);
        BinaryPrimitives.WriteUInt32LittleEndian(record[(GuestLayout.InWords + 4)..], made.First);
        BinaryPrimitives.WriteUInt64LittleEndian(record[GuestLayout.InSlot..], made.Slot);
        record[GuestLayout.Out..].Clear();
    }

    private void Compare(MachineConfiguration configuration, JudgeCase made, ReadOnlySpan<byte> seen)
    {
        string name = made.Template.Class;
        _result.Compared[name] = _result.Compared.GetValueOrDefault(name) + 1;
        if (made.Expected[34] >> 26 != 0x3c)
        {
            _result.Faulted[name] = _result.Faulted.GetValueOrDefault(name) + 1;
        }

        List<string> wrong = [];
        for (int i = 0; i < GuestLayout.Results; i++)
        {
            ulong there = BinaryPrimitives.ReadUInt64LittleEndian(seen[(i * 8)..]);
            if (((made.Expected[i] ^ there) & MaskOf(i, made)) != 0)
            {
                wrong.Add($"{NameOf(i)}: simulated 0x{made.Expected[i]:x}, QEMU 0x{there:x}");
            }
        }

        if (wrong.Count > 0)
        {
            _result.Differences.Add(new(configuration.Name, name, $"{Describe(made)}: {string.Join("; ", wrong)}"));
        }
    }

    private static ulong MaskOf(int index, JudgeCase made)
    {
        if (index == 32)
        {
            return ComparedState;
        }

        if (index == 35 && made.Template.Options.Contains("zero"))
        {
            // The manual: FAR is the operand of DC ZVA. QEMU: the line.
            return ~63UL;
        }

        if (index != 34 || made.Expected[34] >> 26 != DataAbort)
        {
            return ulong.MaxValue;
        }

        // WnR of an atomic is 0 by the manual if a read would have faulted too; QEMU always says 1.
        return ~(InstructionSyndrome | (made.Template.Options.Contains("atomic") ? 1UL << 6 : 0));
    }

    private void CompareMemory(MachineConfiguration configuration, PhysicalMemory simulated, ReadOnlySpan<byte> windows)
    {
        for (int page = 0; page < windows.Length; page += PhysicalMemory.PageSize)
        {
            ulong address = GuestLayout.Windows + (ulong)page;
            ReadOnlySpan<byte> there = windows.Slice(page, PhysicalMemory.PageSize);
            ReadOnlySpan<byte> here = simulated.Page(address / PhysicalMemory.PageSize).Bytes;
            int same = here.CommonPrefixLength(there);
            if (same < there.Length)
            {
                _result.Differences.Add(new(
                    configuration.Name, "memory",
                    $"0x{address + (ulong)same:x}: simulated 0x{here[same]:x2}, QEMU 0x{there[same]:x2}; "
                    + "the first difference of the page"));
                simulated.Set(address, there);
            }
        }
    }

    private static string NameOf(int index) => index switch
    {
        31 => "sp",
        32 => "spsr",
        33 => "elr",
        34 => "esr",
        35 => "far",
        _ => $"x{index}",
    };

    private static string Describe(JudgeCase made)
    {
        int n = (int)(made.Word >> 5 & 31);
        int m = (int)(made.Word >> 16 & 31);
        string first = made.First == GuestLayout.Filler ? "" : $"{made.First:x8} ";
        return $"{first}{made.Word:x8} at 0x{made.Slot + GuestLayout.WordInSlot:x} nzcv {made.Nzcv >> 28:x} "
            + $"n(x{n}) 0x{made.Registers[n]:x} m(x{m}) 0x{(m < 31 ? made.Registers[m] : 0):x} "
            + $"d 0x{made.Registers[made.Word & 31]:x}";
    }
}
