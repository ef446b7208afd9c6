using System.Buffers.Binary;

namespace Baton.Proofs.X64;

/// <content>
/// The short way of rep movs and rep stos: all elements at once that lie in one page, where nothing can happen
/// between them. The last element is always left to the long way.
/// </content>
public sealed partial class X64Processor
{
    private readonly byte[] _fill = new byte[PhysicalMemory.PageSize];

    private bool MoveRun(DecodedInstruction op)
    {
        unchecked
        {
            ulong from = _r[Rsi] & op.AddressMask;
            ulong to = _r[Rdi] & op.AddressMask;
            if (!_access[op.Segment].Reads || !_access[Es].Writes)
            {
                return false;
            }

            ulong source = (from + _access[op.Segment].Base) & _linearMask;
            ulong target = (to + _access[Es].Base) & _linearMask;
            int count = Math.Min(RunLength(op, from, source), RunLength(op, to, target));
            if (count < 2)
            {
                return false;
            }

            // Overlapping elements would read what the ones before them have written.
            MemoryPage sourcePage = DataPage(source, PageAccess.Read, op.Segment);
            MemoryPage targetPage = DataPage(target, PageAccess.Write, Es);
            int length = count * op.MemorySize;
            int at = (int)(source & PageOffset);
            int into = (int)(target & PageOffset);
            if (!sourcePage.IsPlain || !TakesRun(targetPage) || (sourcePage == targetPage && into > at && into < at + length))
            {
                return false;
            }

            Memory.Write(targetPage, into, sourcePage.Bytes.Slice(at, length));
            Advance(Rsi, (ulong)length, op);
            Advance(Rdi, (ulong)length, op);
            Advance(Rcx, 0 - (ulong)count, op);
            return true;
        }
    }

    private bool FillRun(DecodedInstruction op)
    {
        unchecked
        {
            ulong to = _r[Rdi] & op.AddressMask;
            ulong target = (to + _access[Es].Base) & _linearMask;
            int count = _access[Es].Writes ? RunLength(op, to, target) : 0;
            if (count < 2)
            {
                return false;
            }

            MemoryPage page = DataPage(target, PageAccess.Write, Es);
            if (!TakesRun(page))
            {
                return false;
            }

            Span<byte> run = _fill.AsSpan(0, count * op.MemorySize);
            for (int i = 0; i < run.Length; i += op.MemorySize)
            {
                FillElement(run[i..], op.MemorySize);
            }

            Memory.Write(page, (int)(target & PageOffset), run);
            Advance(Rdi, (ulong)run.Length, op);
            Advance(Rcx, 0 - (ulong)count, op);
            return true;
        }
    }

    private void FillElement(Span<byte> place, int size)
    {
        unchecked
        {
            switch (size)
            {
                case 8:
                    BinaryPrimitives.WriteUInt64LittleEndian(place, _r[0]);
                    break;
                case 4:
                    BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)_r[0]);
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)_r[0]);
                    break;
                default:
                    place[0] = (byte)_r[0];
                    break;
            }
        }
    }

    /// <summary>A page that holds no tables and no guarded byte.</summary>
    private bool TakesRun(MemoryPage page) => !page.IsGuarded && !page.IsPartial && !_tables.Contains(page);

    /// <summary>Elements but the last, upwards, up to the end of the page and of the addresses.</summary>
    private int RunLength(DecodedInstruction op, ulong offset, ulong linear)
    {
        if (!op.Repeats || (_flags & X64Flags.DF) != 0)
        {
            return 0;
        }

        ulong room = Math.Min(PhysicalMemory.PageSize - (linear & PageOffset), op.AddressMask - offset);
        return (int)Math.Min(((_r[Rcx] & op.AddressMask) - 1) & op.AddressMask, room / op.MemorySize);
    }

    private void Advance(int register, ulong distance, DecodedInstruction op)
    {
        ref ulong slot = ref _r[register];
        ulong next = unchecked(slot + distance) & op.AddressMask;
        slot = op.AddressSize == 2 ? (slot & ~op.AddressMask) | next : next;
    }
}
