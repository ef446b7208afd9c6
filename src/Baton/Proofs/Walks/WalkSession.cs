namespace Baton.Proofs.Walks;

/// <summary>
/// A walk through a run of a simulated machine, forwards and backwards. Back is forwards from the start again: a
/// machine does the same each time that it is made, so nothing of it needs to be kept, and what is seen on the way back
/// is what was there.
/// </summary>
public sealed class WalkSession
{
    /// <summary>Instructions after which one command gives up, unless the session was told otherwise.</summary>
    public const ulong DefaultLimit = 10_000_000;

    private readonly Func<IWalkMachine> _create;
    private readonly ulong _limit;
    private readonly List<ModeChange> _modes = [];
    private IReadOnlyList<RegisterValue> _before;

    /// <param name="create">Makes the machine as it is before the first instruction, the same each time.</param>
    /// <param name="entry">The address of the kernel's first instruction, where every run stops; null for none.</param>
    /// <param name="limit">Instructions after which one command gives up.</param>
    public WalkSession(Func<IWalkMachine> create, ulong? entry, ulong limit = DefaultLimit)
    {
        ArgumentNullException.ThrowIfNull(create);
        _create = create;
        _limit = limit;
        Entry = entry;
        Machine = create();
        _before = Machine.Registers;
        Stop = new WalkStop(WalkStopReason.Start, 0, 0);
    }

    /// <summary>The machine as it is now. Another object after each way back.</summary>
    public IWalkMachine Machine { get; private set; }

    /// <summary>The address of the kernel's first instruction; null for none.</summary>
    public ulong? Entry { get; }

    /// <summary>Instructions completed.</summary>
    public ulong Position => Machine.Processor.Instructions;

    /// <summary>The address of the next instruction.</summary>
    public ulong ProgramCounter => Machine.Processor.ProgramCounter;

    /// <summary>How the last command ended.</summary>
    public WalkStop Stop { get; private set; }

    /// <summary>The instructions before the next one.</summary>
    public WalkTrail Trail { get; } = new();

    /// <summary>Every change of mode up to here.</summary>
    public IReadOnlyList<ModeChange> ModeChanges => _modes;

    /// <summary>The registers that are not what they were at the last stop.</summary>
    public IReadOnlyList<RegisterChange> Changes { get; private set; } = [];

    /// <summary>Carries instructions out, fewer when it comes to the kernel's entry.</summary>
    public WalkStop Step(ulong count = 1) =>
        Run(Math.Min(count, _limit), static () => null, count > _limit ? WalkStopReason.Limit : WalkStopReason.Steps);

    /// <summary>Carries one instruction out, with all that a call, an interrupt or a loop does before it comes back.</summary>
    public WalkStop StepOver()
    {
        if (Machine.ComesBackTo is not { } behind)
        {
            return Step();
        }

        ulong stack = Machine.StackPointer;
        return Run(
            _limit,
            () => ProgramCounter == behind && Machine.StackPointer >= stack ? WalkStopReason.Address : null,
            WalkStopReason.Limit);
    }

    /// <summary>Runs until the next instruction is at an address; carries at least one out.</summary>
    public WalkStop RunTo(ulong address) =>
        Run(_limit, () => ProgramCounter == address ? WalkStopReason.Address : null, WalkStopReason.Limit);

    /// <summary>Runs to the kernel's first instruction; stays when it is there.</summary>
    public WalkStop RunToEntry()
    {
        if (ProgramCounter != Entry)
        {
            return Run(_limit, static () => null, WalkStopReason.Limit);
        }

        // This is a stop of its own: what changed before the last one is not shown again.
        _before = Machine.Registers;
        return Stand(WalkStopReason.Entry, Position);
    }

    /// <summary>Runs until an instruction has changed the mode.</summary>
    public WalkStop RunToModeChange()
    {
        int mode = Machine.Mode;
        return Run(_limit, () => Machine.Mode != mode ? WalkStopReason.Mode : null, WalkStopReason.Limit);
    }

    /// <summary>Runs until the next instruction is one that is looked for; carries at least one out.</summary>
    public WalkStop RunUntil(Func<bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        return Run(_limit, () => isWanted() ? WalkStopReason.Match : null, WalkStopReason.Limit);
    }

    /// <summary>Goes back, at most to the start.</summary>
    public WalkStop Back(ulong count = 1)
    {
        ulong from = Position;
        _before = Machine.Registers;
        Rebuild(from - Math.Min(count, from));
        return Stand(WalkStopReason.Back, from);
    }

    private WalkStop Run(ulong count, Func<WalkStopReason?> arrived, WalkStopReason otherwise)
    {
        ulong from = Position;
        _before = Machine.Registers;
        IProcessor processor = Machine.Processor;
        int mode = Machine.Mode;
        for (ulong i = 0; i < count; i++)
        {
            ulong address = processor.ProgramCounter;
            Trail.Add(address, mode);
            try
            {
                processor.ExecuteNext();
            }
            catch (ProcessorFaultException fault)
            {
                // Its registers are as before; what it wrote to memory before it failed is not taken back.
                Rebuild(processor.Instructions);
                return Stand(WalkStopReason.Fault, from, fault);
            }

            int before = mode;
            mode = Machine.Mode;
            if (mode != before)
            {
                _modes.Add(new ModeChange(Position, address, before, mode));
            }

            if (processor.ProgramCounter == Entry)
            {
                return Stand(WalkStopReason.Entry, from);
            }

            if (arrived() is { } reason)
            {
                return Stand(reason, from);
            }
        }

        return Stand(otherwise, from);
    }

    /// <summary>A new machine at a position up to which every instruction is known to complete.</summary>
    private void Rebuild(ulong position)
    {
        Machine = _create();
        Trail.Clear();
        _modes.RemoveAll(change => change.Position > position);
        if (position > WalkTrail.Length)
        {
            Machine.Run(position - WalkTrail.Length);
        }

        while (Position < position)
        {
            Trail.Add(ProgramCounter, Machine.Mode);
            Machine.Processor.ExecuteNext();
        }
    }

    private WalkStop Stand(WalkStopReason reason, ulong from, ProcessorFaultException? fault = null)
    {
        Dictionary<string, string> before = _before.ToDictionary(register => register.Name, register => register.Value);
        Changes =
        [
            .. Machine.Registers
                .Where(register => before.GetValueOrDefault(register.Name) != register.Value)
                .Select(register => new RegisterChange(
                    register.Name, before.GetValueOrDefault(register.Name, "0x0"), register.Value)),
        ];
        return Stop = new WalkStop(reason, from, Position, fault);
    }
}
