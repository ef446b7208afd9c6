using Baton.Memory;

namespace Baton.Proofs;

/// <summary>A run of memory that one instruction wrote, perhaps in several passes.</summary>
/// <param name="Instruction">The instruction's address as the processor names it: linear on x86.</param>
/// <param name="Step">Instructions completed before the first of the writes.</param>
/// <param name="Range">Bytes of physical memory.</param>
public readonly record struct WriteRecord(ulong Instruction, ulong Step, PhysicalRange Range)
{
    public override string ToString() => $"instruction {Step} at 0x{Instruction:x} wrote {Range}";
}

/// <summary>Who wrote what: one record for each run of neighbouring writes by one instruction.</summary>
public sealed class WriteLog(IProcessor processor)
{
    private readonly List<WriteRecord> _records = [];

    /// <summary>The records, in the order of their first writes.</summary>
    public IReadOnlyList<WriteRecord> Records => _records;

    /// <summary>The last write that touched a byte; null when no instruction wrote it.</summary>
    public WriteRecord? LastWriter(PhysicalAddress address)
    {
        for (int i = _records.Count - 1; i >= 0; i--)
        {
            if (_records[i].Range.Contains(address))
            {
                return _records[i];
            }
        }

        return null;
    }

    internal void Add(ulong address, int length)
    {
        ulong instruction = processor.ProgramCounter;
        PhysicalRange range = new(new PhysicalAddress(address), (ulong)length);
        if (_records.Count > 0 && _records[^1] is { } last && last.Instruction == instruction
            && (last.Range.End == range.Start || last.Range.Start == range.End))
        {
            _records[^1] = last with
            {
                Range = PhysicalRange.Between(
                    PhysicalAddress.Min(last.Range.Start, range.Start), PhysicalAddress.Max(last.Range.End, range.End)),
            };
            return;
        }

        _records.Add(new WriteRecord(instruction, processor.Instructions, range));
    }
}
