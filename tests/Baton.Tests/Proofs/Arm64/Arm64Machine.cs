using System.Globalization;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>A small machine to try instructions on: 32 MiB from 0x40000000, zeros, code at 0x40001000.</summary>
internal sealed class Arm64Machine
{
    public const ulong Ram = 0x4000_0000;
    public const ulong Code = 0x4000_1000;
    public const ulong Data = 0x4000_3000;
    public const ulong Tables = 0x4010_0000;

    /// <summary>SCTLR_EL1 with the MMU and the caches on.</summary>
    public const ulong SctlrOn = 0x30d0_1805;

    public Arm64Machine(int level = 2, UnwrittenMemory unwritten = UnwrittenMemory.Zeros)
    {
        Memory = new PhysicalMemory(RangeSet.Of(new PhysicalRange(new PhysicalAddress(Ram), 32 << 20)), unwritten);
        Processor = new Arm64Processor(Memory, level) { ProgramCounter = Code };
    }

    /// <summary>EL1 or EL2 with the MMU and the caches on, RAM one to one.</summary>
    public static Arm64Machine Cached(int level = 1)
    {
        Arm64Machine machine = new(level);
        machine.Set(Tables + 8, 0x4000_0401);
        Arm64Processor processor = machine.Processor;
        processor.WriteSystemRegister(Arm64SystemRegister.MairEl2, 0xff);
        processor.WriteSystemRegister(Arm64SystemRegister.TcrEl2, 0x8080_0000 | (2UL << 16) | (0x35UL << 8) | 25);
        processor.WriteSystemRegister(Arm64SystemRegister.Ttbr0El2, Tables);
        processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl2, 0x30c5_1835);
        processor.WriteSystemRegister(Arm64SystemRegister.MairEl1, 0xff);
        processor.WriteSystemRegister(Arm64SystemRegister.TcrEl1, 25 | (0x35UL << 8) | (2UL << 32));
        processor.WriteSystemRegister(Arm64SystemRegister.Ttbr0El1, Tables);
        processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl1, SctlrOn);
        return machine;
    }

    public PhysicalMemory Memory { get; }

    public Arm64Processor Processor { get; }

    /// <summary>Puts instructions, one a line as llvm-mc reads them, where the program starts or elsewhere.</summary>
    public Arm64Machine Program(string assembly, ulong address = Code)
    {
        uint[] words = LlvmMc.Words(assembly.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        for (int i = 0; i < words.Length; i++)
        {
            Memory.Set(address + (ulong)(i * 4), BitConverter.GetBytes(words[i]));
        }

        return this;
    }

    public Arm64Machine Word(uint word)
    {
        Memory.Set(Processor.ProgramCounter, BitConverter.GetBytes(word));
        return this;
    }

    public Arm64Machine Set(ulong address, ulong value)
    {
        Memory.Set(address, BitConverter.GetBytes(value));
        return this;
    }

    /// <summary>Carries instructions out.</summary>
    public Arm64Machine Run(int instructions)
    {
        for (int i = 0; i < instructions; i++)
        {
            Processor.ExecuteNext();
        }

        return this;
    }

    /// <summary>Carries instructions out until one faults.</summary>
    public Arm64FaultException RunToFault(int most = 100_000) =>
        Assert.Throws<Arm64FaultException>(() => Run(most));

    /// <summary>Sets what a vector calls a register: x0, sp, nzcv, pc, m8.</summary>
    public void SetNamed(string name, ulong value)
    {
        switch (name)
        {
            case "sp":
                Processor.StackPointer = value;
                break;
            case "nzcv":
                Processor.Nzcv = (uint)value << 28;
                break;
            case "pc":
                Processor.ProgramCounter = value;
                break;
            default:
                int number = int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture);
                if (name[0] == 'm')
                {
                    Set(Data + (ulong)number, value);
                }
                else
                {
                    Processor[number] = value;
                }

                break;
        }
    }

    /// <summary>Everything that a vector can name.</summary>
    public SortedDictionary<string, ulong> Named()
    {
        SortedDictionary<string, ulong> all = new(StringComparer.Ordinal)
        {
            ["sp"] = Processor.StackPointer,
            ["nzcv"] = Processor.Nzcv >> 28,
            ["pc"] = Processor.ProgramCounter,
            ["m0"] = Memory.Read(Data, 8),
            ["m8"] = Memory.Read(Data + 8, 8),
        };
        for (int i = 0; i < 31; i++)
        {
            all[$"x{i}"] = Processor[i];
        }

        return all;
    }
}
