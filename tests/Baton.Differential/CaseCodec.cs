using System.Buffers.Binary;
using static Baton.Differential.GuestLayout;

namespace Baton.Differential;

/// <summary>Cases and results as the guest has them in memory.</summary>
internal static class CaseCodec
{
    private const int Rip = 128;
    private const int Flags = 136;
    private const int Selectors = 144;
    private const uint NoErrorCode = uint.MaxValue;
    private const int Breakpoint = 3;

    /// <summary>Writes a case to its slot.</summary>
    public static void Write(InstructionCase input, Span<byte> slot)
    {
        for (int i = 0; i < 16; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(slot[(i * 8)..], input.Registers[i]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(slot[Rip..], input.Rip);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[Flags..], input.Flags);
        for (int i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(slot[(Selectors + (i * 4))..], input.Selectors[i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(slot[168..], (uint)input.CodeAddress);
        BinaryPrimitives.WriteInt32LittleEndian(slot[172..], input.Code.Length);
        input.Code.CopyTo(slot[176..192]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[192..], (uint)input.PatchAddress);
        BinaryPrimitives.WriteInt32LittleEndian(slot[196..], input.Patch.Length);
        input.Patch.CopyTo(slot[200..]);
    }

    /// <summary>Reads a result from its slot.</summary>
    public static void Read(ReadOnlySpan<byte> slot, ExecutionMode mode, CaseResult result)
    {
        result.Clear();
        for (int i = 0; i < 16; i++)
        {
            result.Registers[i] = BinaryPrimitives.ReadUInt64LittleEndian(slot[(i * 8)..]);
        }

        result.Rip = BinaryPrimitives.ReadUInt64LittleEndian(slot[Rip..]);
        result.Flags = BinaryPrimitives.ReadUInt64LittleEndian(slot[Flags..]);
        for (int i = 0; i < 6; i++)
        {
            result.Selectors[i] = BinaryPrimitives.ReadUInt16LittleEndian(slot[(Selectors + (i * 4))..]);
        }

        int vector = BinaryPrimitives.ReadInt32LittleEndian(slot[168..]);
        uint error = BinaryPrimitives.ReadUInt32LittleEndian(slot[172..]);
        if (vector == Breakpoint)
        {
            // INT3 behind the instruction: it completed, and what would run next is the INT3.
            result.Rip = unchecked(result.Rip - 1);
            if (!mode.Is64)
            {
                result.Rip &= mode.IsReal ? 0xFFFFUL : 0xFFFFFFFFUL;
            }
        }
        else
        {
            result.Vector = vector;
            result.ErrorCode = error == NoErrorCode ? null : error;
        }

        result.Cr2 = BinaryPrimitives.ReadUInt64LittleEndian(slot[176..]);
        result.FsBase = BinaryPrimitives.ReadUInt64LittleEndian(slot[184..]);
        result.GsBase = BinaryPrimitives.ReadUInt64LittleEndian(slot[192..]);
        result.Cr0 = BinaryPrimitives.ReadUInt64LittleEndian(slot[200..]);
        result.Cr3 = BinaryPrimitives.ReadUInt64LittleEndian(slot[208..]);
        result.Cr4 = BinaryPrimitives.ReadUInt64LittleEndian(slot[216..]);
        result.Efer = BinaryPrimitives.ReadUInt64LittleEndian(slot[224..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(slot[232..]);
        result.IsTruncated = BinaryPrimitives.ReadInt32LittleEndian(slot[236..]) != 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> change = slot[(ChangesOffset + (i * 8))..];
            result.Changes.Add(new MemoryChange(
                BinaryPrimitives.ReadUInt32LittleEndian(change), BinaryPrimitives.ReadUInt32LittleEndian(change[4..])));
        }
    }

    /// <summary>Writes the mailbox of a batch, the command aside.</summary>
    public static void WriteMailbox(ExecutionMode mode, int count, Span<byte> mailbox)
    {
        BinaryPrimitives.WriteInt32LittleEndian(mailbox[Count..], count);
        BinaryPrimitives.WriteInt32LittleEndian(mailbox[Kind..], (int)mode.Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(mailbox[CasesAddress..], (uint)Cases);
        BinaryPrimitives.WriteUInt32LittleEndian(mailbox[ResultsAddress..], (uint)Results);
        BinaryPrimitives.WriteInt32LittleEndian(mailbox[SetBases..], mode.LongBases is null ? 0 : 1);
        BinaryPrimitives.WriteUInt32LittleEndian(mailbox[Cr0..], mode.Cr0);
        BinaryPrimitives.WriteUInt32LittleEndian(mailbox[Cr3..], mode.Cr3);
        BinaryPrimitives.WriteUInt32LittleEndian(mailbox[Cr4..], mode.Cr4);
        BinaryPrimitives.WriteUInt32LittleEndian(mailbox[Efer..], mode.Efer);
        (ulong fs, ulong gs) = mode.LongBases ?? (0, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(mailbox[FsBase..], fs);
        BinaryPrimitives.WriteUInt64LittleEndian(mailbox[GsBase..], gs);
        BinaryPrimitives.WriteInt32LittleEndian(mailbox[RegionCount..], RegionList.Count);
        for (int i = 0; i < RegionList.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(mailbox[(Regions + (i * 8))..], (uint)RegionList[i].Address);
            BinaryPrimitives.WriteInt32LittleEndian(mailbox[(Regions + (i * 8) + 4)..], RegionList[i].Length);
        }
    }
}
