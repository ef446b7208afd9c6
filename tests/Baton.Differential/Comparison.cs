using System.Globalization;

namespace Baton.Differential;

/// <summary>Compares what the judge and the candidate made of a case.</summary>
public sealed class Comparison(GuestMemory memory)
{
    private const ulong ComparedFlags = StatusFlags.Random | StatusFlags.Trap | StatusFlags.Direction | StatusFlags.NestedTask
        | StatusFlags.Virtual8086 | (3UL << 19);

    private const ulong TaskSwitched = 1 << 3;
    private const int PageFault = 14;
    private static readonly string[] Names =
        ["RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"];

    private static readonly string[] SegmentNames = ["CS", "SS", "DS", "ES", "FS", "GS"];

    /// <summary>What differs, in words; null when nothing does.</summary>
    public string? Compare(InstructionCase input, CaseResult judge, CaseResult candidate)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(candidate);
        List<string> found = [];
        if (judge.Vector != candidate.Vector || judge.ErrorCode != candidate.ErrorCode)
        {
            found.Add($"{Outcome(judge)} became {Outcome(candidate)}");
        }

        if (judge.Vector == PageFault && candidate.Vector == PageFault)
        {
            Add(found, "CR2", judge.Cr2, candidate.Cr2);
        }

        for (int i = 0; i < 16; i++)
        {
            Add(found, Names[i], judge.Registers[i], candidate.Registers[i]);
        }

        Add(found, "RIP", judge.Rip, candidate.Rip);
        // In real mode an interrupt clears AC before the handler can save it: it pushes only FLAGS.
        ulong undefined = (judge.Vector is null ? input.UndefinedFlags : 0)
            | (input.Mode.IsReal ? StatusFlags.AlignmentCheck : 0);
        ulong flags = ComparedFlags & ~undefined;
        Add(found, "RFLAGS", judge.Flags & flags, candidate.Flags & flags);
        for (int i = 0; i < 6; i++)
        {
            Add(found, SegmentNames[i], judge.Selectors[i], candidate.Selectors[i]);
        }

        if (input.Mode.IsLong)
        {
            Add(found, "FS.base", judge.FsBase, candidate.FsBase);
            Add(found, "GS.base", judge.GsBase, candidate.GsBase);
        }

        if (!input.Mode.IsReal)
        {
            // The task switches around a case in protected mode set CR0.TS and load CR3, whatever the case does.
            ulong compared = input.Mode.Kind == EntryKind.ProtectedMode ? ~TaskSwitched : ulong.MaxValue;
            Add(found, "CR0", judge.Cr0 & compared, candidate.Cr0 & compared);
            if (input.Mode.IsLong)
            {
                Add(found, "CR3", judge.Cr3, candidate.Cr3);
            }

            Add(found, "CR4", judge.Cr4, candidate.Cr4);
            Add(found, "EFER", judge.Efer, candidate.Efer);
        }

        CompareMemory(input, judge, candidate, found);
        return found.Count == 0 ? null : string.Join("; ", found);
    }

    /// <summary>How a case ended, in words.</summary>
    internal static string Outcome(CaseResult result) => result.Vector is not { } vector ? "completed"
        : result.ErrorCode is { } code ? $"vector {vector}(0x{code:x})" : $"vector {vector}";

    private static void Add(List<string> found, string name, ulong judge, ulong candidate)
    {
        if (judge != candidate)
        {
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{name} 0x{judge:x} became 0x{candidate:x}"));
        }
    }

    private void CompareMemory(InstructionCase input, CaseResult judge, CaseResult candidate, List<string> found)
    {
        if (judge.IsTruncated || candidate.IsTruncated)
        {
            if (judge.IsTruncated != candidate.IsTruncated)
            {
                found.Add($"more changes than fit: {judge.IsTruncated} became {candidate.IsTruncated}");
            }

            return;
        }

        if (!input.Mode.IsReal && judge.Changes.SequenceEqual(candidate.Changes))
        {
            return;
        }

        Dictionary<uint, uint> left = judge.Changes.ToDictionary(change => change.Address, change => change.Value);
        Dictionary<uint, uint> right = candidate.Changes.ToDictionary(change => change.Address, change => change.Value);
        foreach (uint address in left.Keys.Union(right.Keys))
        {
            uint before = BitConverter.ToUInt32(memory.Span(address, 4));
            uint mask = input.Mode.IsReal ? FrameMask(judge, address) : uint.MaxValue;
            uint one = left.GetValueOrDefault(address, before) & mask;
            uint other = right.GetValueOrDefault(address, before) & mask;
            if (one != other)
            {
                found.Add(string.Create(CultureInfo.InvariantCulture, $"[0x{address:x}] 0x{one:x8} became 0x{other:x8}"));
            }
        }
    }

    // In real mode, the way out of the case pushes six bytes to the case's own stack.
    private static uint FrameMask(CaseResult judge, uint address)
    {
        const int FrameSize = 6;
        uint mask = uint.MaxValue;
        for (int i = 1; i <= FrameSize; i++)
        {
            ulong at = ((ulong)judge.Selectors[1] << 4) + (unchecked(judge.Registers[Draft.Rsp] - (ulong)i) & 0xFFFF);
            if (at >= address && at - address < 4)
            {
                mask &= ~(0xFFU << (int)(8 * (at - address)));
            }
        }

        return mask;
    }
}
