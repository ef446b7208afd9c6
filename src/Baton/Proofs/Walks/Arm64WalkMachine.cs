using System.Globalization;
using Baton.Memory;
using Baton.Proofs.Arm64;

namespace Baton.Proofs.Walks;

/// <summary>An arm64 machine, walked through.</summary>
public sealed class Arm64WalkMachine : IWalkMachine
{
    private const int InstructionCacheOn = 1;
    private const int DataCacheOn = 2;
    private const int MmuOn = 4;
    private const int OwnStack = 8;
    private const int LevelShift = 4;
    private const int InstructionSize = 4;
    private const int LinkRegister = 30;

    /// <summary>These count instructions: as registers that have changed they would only be in the way.</summary>
    private static readonly Arm64SystemRegister[] Counters = [Arm64SystemRegister.CntpctEl0, Arm64SystemRegister.CntvctEl0];

    /// <param name="processor">The processor as it is before the first instruction.</param>
    public Arm64WalkMachine(Arm64Processor processor)
    {
        ArgumentNullException.ThrowIfNull(processor);
        Processor = processor;
    }

    /// <summary>The processor.</summary>
    public Arm64Processor Processor { get; }

    IProcessor IWalkMachine.Processor => Processor;

    /// <inheritdoc/>
    public string ProgramCounterName => "PC";

    /// <inheritdoc/>
    public int Mode => (Processor.ExceptionLevel << LevelShift) | (Processor.UsesOwnStack ? OwnStack : 0)
        | (Processor.IsMmuOn ? MmuOn : 0) | (Processor.IsDataCacheOn ? DataCacheOn : 0)
        | (Processor.IsInstructionCacheOn ? InstructionCacheOn : 0);

    /// <inheritdoc/>
    public ulong StackPointer => Processor.StackPointer;

    /// <inheritdoc/>
    public ulong? ComesBackTo
    {
        get
        {
            if (PeekCode(Processor.ProgramCounter) is not { } word)
            {
                return null;
            }

            Arm64Instruction instruction = Arm64Decoder.Decode(word);
            bool comesBack = instruction.Operation switch
            {
                Arm64Operation.Bl or Arm64Operation.Blr => true,
                Arm64Operation.BConditional or Arm64Operation.Cbz or Arm64Operation.Cbnz or Arm64Operation.Tbz
                    or Arm64Operation.Tbnz => unchecked((long)instruction.Immediate) <= 0,
                _ => false,
            };
            return comesBack ? unchecked(Processor.ProgramCounter + InstructionSize) : null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RegisterValue> Registers =>
    [
        .. Enumerable.Range(0, LinkRegister + 1).Select(i => new RegisterValue(
            string.Create(CultureInfo.InvariantCulture, $"X{i}"), $"0x{Processor[i]:x}")),
        new RegisterValue("SP", $"0x{Processor.StackPointer:x}"),
        new RegisterValue(ProgramCounterName, $"0x{Processor.ProgramCounter:x}"),
        .. Arm64SystemRegisterTable.Rows.Where(row => !Counters.Contains(row.Register))
            .Select(row => new RegisterValue(row.Name, $"0x{Processor.ReadSystemRegister(row.Register):x}")),
    ];

    /// <inheritdoc/>
    public string Describe(int mode)
    {
        string caches = (mode & (DataCacheOn | InstructionCacheOn)) switch
        {
            0 => "caches off",
            DataCacheOn | InstructionCacheOn => "caches on",
            DataCacheOn => "data cache on, instruction cache off",
            _ => "data cache off, instruction cache on",
        };
        string stack = (mode & OwnStack) == 0 ? ", SP_EL0" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"EL{mode >> LevelShift}{stack}, MMU {((mode & MmuOn) == 0 ? "off" : "on")}, {caches}");
    }

    /// <summary>
    /// A register as an address: x0 to x30, w0 to w30 (the lower halves), lr, sp, pc, or a system register by its name.
    /// </summary>
    public ulong? AddressIn(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        name = name.ToUpperInvariant();
        switch (name)
        {
            case "PC":
                return Processor.ProgramCounter;
            case "SP":
                return Processor.StackPointer;
            case "LR":
                return Processor[LinkRegister];
        }

        if (name[0] is 'X' or 'W' && int.TryParse(
            name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= LinkRegister)
        {
            return name[0] == 'X' ? Processor[number] : Processor[number] & uint.MaxValue;
        }

        return Arm64SystemRegisterTable.Find(name) is { } row ? Processor.ReadSystemRegister(row.Register) : null;
    }

    /// <inheritdoc/>
    public PhysicalAddress? Locate(ulong address) =>
        Processor.Translate(address).PhysicalAddress is { } physical ? new PhysicalAddress(physical) : null;

    /// <inheritdoc/>
    public string WhyNoCode(ulong address)
    {
        if (address % InstructionSize != 0)
        {
            return "is no multiple of 4: no address of an instruction";
        }

        Arm64Walk walk = Processor.Translate(address, Arm64Access.Execute);
        return walk.PhysicalAddress is not { } physical ? $"cannot be executed: {walk.Fault}"
            : Processor.Memory.Ram.Contains(new PhysicalAddress(physical)) ? "no code: nobody has written it"
            : "no code: no memory is there";
    }

    /// <summary>The instruction at an address; null where there is none to be fetched.</summary>
    public uint? PeekCode(ulong address)
    {
        if (address % InstructionSize != 0
            || Processor.Translate(address, Arm64Access.Execute).PhysicalAddress is not { } physical)
        {
            return null;
        }

        uint word = 0;
        for (int i = 0; i < InstructionSize; i++)
        {
            if (Processor.Memory.Peek(physical + (ulong)i) is not { } value)
            {
                return null;
            }

            word |= (uint)value << (8 * i);
        }

        return word;
    }

    /// <inheritdoc/>
    public void Run(ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            Processor.ExecuteNext();
        }
    }
}
