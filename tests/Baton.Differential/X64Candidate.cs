using System.Collections.Immutable;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Differential;

/// <summary>The simulated processor as a candidate.</summary>
public sealed class X64Candidate : ICandidate
{
    private const ulong TaskSwitched = 1 << 3;
    private const uint LongModeActive = 1 << 10;

    // The judge's order CS, SS, DS, ES, FS, GS in the processor's numbers.
    private static readonly X64SegmentRegister[] Order =
    [
        X64SegmentRegister.Cs, X64SegmentRegister.Ss, X64SegmentRegister.Ds, X64SegmentRegister.Es, X64SegmentRegister.Fs,
        X64SegmentRegister.Gs,
    ];

    private static readonly byte[] Breakpoints = [.. Enumerable.Repeat((byte)0xCC, 16)];

    private readonly Dictionary<ExecutionMode, X64State> _states = [];
    private GuestMemory _initial = null!;
    private SegmentBases _segments = null!;
    private PhysicalMemory _memory = null!;
    private X64Processor _processor = null!;

    /// <inheritdoc/>
    public void Load(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        _initial = memory;
        _segments = new SegmentBases(memory.Span(GuestLayout.Gdt, GuestLayout.PageSize).ToArray());
        _memory = new PhysicalMemory(RangeSet.Of(new PhysicalRange(new PhysicalAddress(0), (ulong)GuestLayout.RamSize)));
        foreach ((long start, byte[] bytes) in memory.Areas)
        {
            _memory.Set((ulong)start, bytes);
        }

        _processor = new X64Processor(_memory);
        _states.Clear();
    }

    /// <inheritdoc/>
    public void Run(InstructionCase input, CaseResult result)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(result);
        _memory.Set((ulong)input.CodeAddress, input.Code);
        _memory.Set((ulong)input.PatchAddress, input.Patch);
        _processor.State = StateOf(input);
        try
        {
            Step(input, result);
        }
        finally
        {
            _memory.Set((ulong)input.CodeAddress, Breakpoints.AsSpan(0, input.Code.Length));
            CollectChanges(result);
        }
    }

    private void Step(InstructionCase input, CaseResult result)
    {
        X64FaultException? fault = null;
        try
        {
            _processor.ExecuteNext();
        }
        catch (X64FaultException thrown)
        {
            fault = thrown;
        }

        X64State after = _processor.State;
        if (fault is null && !IsCode(input.Mode, _processor.ProgramCounter))
        {
            // What completed goes on at INT3; where its fetch faults instead, that is the result.
            try
            {
                _processor.FetchNext();
            }
            catch (X64FaultException thrown)
            {
                fault = thrown;
            }
        }

        Report(input, after, fault, result);
    }

    private static bool IsCode(ExecutionMode mode, ulong linear) =>
        linear - (ulong)GuestLayout.LowCodeArea < (ulong)GuestLayout.LowCodeAreaSize
        || mode.CodeBases.Append((ulong)GuestLayout.CodeArea).Any(start => linear - start < (ulong)GuestLayout.CodeAreaSize);

    private static void Report(InstructionCase input, X64State after, X64FaultException? fault, CaseResult result)
    {
        after.General.CopyTo(result.Registers);
        result.Rip = after.Rip;
        result.Flags = after.Rflags;
        for (int i = 0; i < Order.Length; i++)
        {
            result.Selectors[i] = after[Order[i]].Selector;
        }

        result.FsBase = after[X64SegmentRegister.Fs].Base;
        result.GsBase = after[X64SegmentRegister.Gs].Base;
        (result.Cr0, result.Cr3, result.Cr4, result.Efer) = (after.Cr0, after.Cr3, after.Cr4, after.Efer);
        if (fault is null)
        {
            return;
        }

        if (fault.Cause != X64FaultCause.Exception)
        {
            result.Refusal = fault.Cause == X64FaultCause.NotSimulated
                ? $"not simulated: {input.Template.Name}: {fault.Message}"
                : $"{fault.Cause}: {input.Template.Name} in {input.Mode}";
            return;
        }

        result.Vector = fault.Vector;
        result.ErrorCode = input.Mode.IsReal ? null : fault.ErrorCode;
        result.Cr2 = fault.LinearAddress ?? after.Cr2;
    }

    private void CollectChanges(CaseResult result)
    {
        foreach ((long address, int length) in GuestLayout.RegionList)
        {
            MemoryPage page = _memory.Page((ulong)address / PhysicalMemory.PageSize);
            ReadOnlySpan<byte> before = _initial.Span(address, length);
            ReadOnlySpan<byte> now = page.Bytes[..length];
            for (int at = now.CommonPrefixLength(before); at < length;)
            {
                at &= ~3;
                uint value = BitConverter.ToUInt32(now[at..]);
                if (result.Changes.Count < GuestLayout.MaximumChanges)
                {
                    result.Changes.Add(new MemoryChange((uint)(address + at), value));
                }
                else
                {
                    result.IsTruncated = true;
                }

                _memory.Set((ulong)(address + at), before.Slice(at, 4));
                at += 4;
                at += now[at..].CommonPrefixLength(before[at..]);
            }
        }
    }

    private X64State StateOf(InstructionCase input)
    {
        if (!_states.TryGetValue(input.Mode, out X64State? state))
        {
            state = Initial(input.Mode);
            _states.Add(input.Mode, state);
        }

        return state with { General = ImmutableArray.Create(input.Registers), Rip = input.Rip, Rflags = input.Flags };
    }

    private X64State Initial(ExecutionMode mode)
    {
        SegmentState[] segments = new SegmentState[8];
        for (int i = 0; i < Order.Length; i++)
        {
            ushort selector = mode.Selectors[i];
            segments[(int)Order[i]] = mode.IsReal ? SegmentState.Real(selector) : Loaded(selector);
        }

        if (mode.LongBases is { } bases)
        {
            segments[(int)X64SegmentRegister.Fs] = segments[(int)X64SegmentRegister.Fs] with { Base = bases.Fs };
            segments[(int)X64SegmentRegister.Gs] = segments[(int)X64SegmentRegister.Gs] with { Base = bases.Gs };
        }

        segments[(int)X64SegmentRegister.Ldtr] = SegmentState.Null;
        segments[(int)X64SegmentRegister.Tr] = mode.Kind switch
        {
            EntryKind.ProtectedMode => Loaded(GuestLayout.CaseTask) with { Attributes = 0x008B },
            EntryKind.LongMode => Loaded(GuestLayout.LongTask) with { Attributes = 0x008B },
            _ => new SegmentState(0, 0, 0xFFFF, 0x008B),
        };
        return new X64State
        {
            Segments = [.. segments],
            Gdtr = new TableRegister(GuestLayout.Gdt, GuestLayout.GdtLimit),
            Idtr = mode.Kind switch
            {
                EntryKind.RealMode => new TableRegister(0x70000, 32 * 4 - 1),
                EntryKind.ProtectedMode => new TableRegister(GuestLayout.Gdt + 0x400, 32 * 8 - 1),
                _ => new TableRegister(GuestLayout.Gdt + 0x1000, 32 * 16 - 1),
            },
            Cr0 = mode.Cr0 | (mode.Kind == EntryKind.ProtectedMode ? TaskSwitched : 0),
            Cr3 = mode.Cr3,
            Cr4 = mode.Cr4,
            Efer = mode.Efer | (mode.IsLong ? LongModeActive : 0),
        };
    }

    private SegmentState Loaded(ushort selector)
    {
        ulong descriptor = _segments.Descriptor(selector);
        uint limit = (uint)(descriptor & 0xFFFF) | (uint)((descriptor >> 32) & 0xF0000);
        if ((descriptor & (1UL << 55)) != 0)
        {
            limit = (limit << 12) | 0xFFF;
        }

        return new SegmentState(selector, _segments.Base(selector), limit, (ushort)((descriptor >> 40) & 0xF0FF));
    }
}
