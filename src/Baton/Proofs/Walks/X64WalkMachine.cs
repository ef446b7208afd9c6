using Baton.Memory;
using Baton.Proofs.X64;
using Iced.Intel;

namespace Baton.Proofs.Walks;

/// <summary>An x86 machine, walked through.</summary>
public sealed class X64WalkMachine : IWalkMachine
{
    /// <param name="processor">The processor as it is before the first instruction.</param>
    public X64WalkMachine(X64Processor processor)
    {
        ArgumentNullException.ThrowIfNull(processor);
        Processor = processor;
    }

    /// <summary>The processor.</summary>
    public X64Processor Processor { get; }

    IProcessor IWalkMachine.Processor => Processor;

    /// <inheritdoc/>
    public string ProgramCounterName => "RIP";

    /// <summary>Levels of page tables in use: 0 (paging is off), 2, 3, 4 or 5.</summary>
    public int PagingLevels => (Processor.Cr0 & X64Cr0.PG) == 0 ? 0
        : (Processor.Cr4 & X64Cr4.PAE) == 0 ? 2
        : (Processor.Efer & X64Efer.LMA) == 0 ? 3
        : (Processor.Cr4 & X64Cr4.LA57) == 0 ? 4 : 5;

    /// <inheritdoc/>
    public int Mode => ((int)Processor.Mode << 8) | (PagingLevels << 4) | Processor.PrivilegeLevel;

    /// <inheritdoc/>
    public ulong StackPointer => Processor[X64Register.Rsp];

    /// <inheritdoc/>
    public ulong? ComesBackTo
    {
        get
        {
            byte[] bytes = Processor.PeekCode(Processor.ProgramCounter, X64Processor.LongestInstruction);
            Decoder decoder = Decoder.Create(BitsOf(Mode), new ByteArrayCodeReader(bytes), Processor.ProgramCounter);
            decoder.Decode(out Instruction instruction);
            bool comesBack = instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall or FlowControl.Interrupt
                || instruction.Mnemonic is Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne
                || (instruction.IsJccShortOrNear && instruction.NearBranchTarget <= instruction.IP);
            return comesBack ? unchecked(Processor.ProgramCounter + (ulong)instruction.Length) : null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RegisterValue> Registers
    {
        get
        {
            X64State state = Processor.State;
            return [.. state.Values(), .. state.Msrs.Select(msr => new RegisterValue($"MSR 0x{msr.Key:x}", $"0x{msr.Value:x}"))];
        }
    }

    /// <summary>The width of code in a mode, as <see cref="Mode"/> gives it: 16, 32 or 64.</summary>
    public static int BitsOf(int mode) => ((X64Mode)(mode >> 8)).CodeBits;

    /// <inheritdoc/>
    public string Describe(int mode)
    {
        string name = (X64Mode)(mode >> 8) switch
        {
            X64Mode.Real16 => "real mode",
            X64Mode.Protected16 => "16-bit protected mode",
            X64Mode.Protected32 => "protected mode",
            X64Mode.Compatibility16 => "16-bit compatibility mode",
            X64Mode.Compatibility32 => "compatibility mode",
            _ => "long mode",
        };
        int levels = (mode >> 4) & 0xF;
        return $"{name}, {(levels == 0 ? "paging off" : $"{levels}-level paging")}, CPL {mode & 0xF}";
    }

    /// <summary>
    /// A register as an address: RIP and RSP with the base of their segments, a segment register as its base, GDTR and
    /// IDTR as the addresses of their tables, any other as it is (EAX: the lower half of RAX). E10 is a number.
    /// </summary>
    public ulong? AddressIn(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        X64State state = Processor.State;
        name = name.ToUpperInvariant();
        if (name.Length == 3 && name[0] == 'E' && !char.IsAsciiDigit(name[1])
            && Enum.TryParse($"R{name[1..]}", ignoreCase: true, out X64Register whole))
        {
            return state[whole] & uint.MaxValue;
        }

        if (Enum.TryParse(name, ignoreCase: true, out X64SegmentRegister segment) && !char.IsAsciiDigit(name[0]))
        {
            return state[segment].Base;
        }

        ulong stackBase = Processor.Mode == X64Mode.Long64 ? 0 : state[X64SegmentRegister.Ss].Base;
        return name switch
        {
            "RIP" or "EIP" or "IP" => Processor.ProgramCounter,
            "RSP" or "SP" => unchecked(state[X64Register.Rsp] + stackBase),
            "GDTR" or "GDT" => state.Gdtr.Base,
            "IDTR" or "IDT" => state.Idtr.Base,
            "CR0" => state.Cr0,
            "CR2" => state.Cr2,
            "CR3" => state.Cr3,
            "CR4" => state.Cr4,
            "CR8" => state.Cr8,
            "EFER" => state.Efer,
            "RFLAGS" => state.Rflags,
            _ => name[0] == 'R' && Enum.TryParse(name, ignoreCase: true, out X64Register general) ? state[general] : null,
        };
    }

    /// <inheritdoc/>
    public PhysicalAddress? Locate(ulong address) => Processor.Translate(address).Physical;

    /// <inheritdoc/>
    public string WhyNoCode(ulong address)
    {
        PageWalk walk = Processor.Translate(address, PageAccess.Execute);
        return walk.Physical is not { } physical ? $"cannot be executed: {walk.Failure}"
            : Processor.Memory.Ram.Contains(physical) ? "no code: nobody has written it"
            : "no code: no memory is there";
    }

    /// <inheritdoc/>
    public void Run(ulong count) => Processor.Run(count);
}
