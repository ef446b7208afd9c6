namespace Baton.Trampolines;

/// <content>Instructions of the operating system.</content>
public sealed partial class Arm64Assembler
{
    /// <summary>Reads a system register.</summary>
    public void Mrs(RegX to, SystemRegister from) => Emit(0xD520_0000 | ((uint)from.Number << 5) | OrZero(to));

    /// <summary>Writes a system register.</summary>
    /// <exception cref="ArgumentException">It can only be read.</exception>
    public void Msr(SystemRegister to, RegX from)
    {
        if (to.IsReadOnly)
        {
            throw new ArgumentException($"{to} cannot be written", nameof(to));
        }

        Emit(0xD500_0000 | ((uint)to.Number << 5) | OrZero(from));
    }

    /// <summary>Masks exceptions: D, A, I, F in bits 3 to 0.</summary>
    public void MsrDaifSet(int mask) => Emit(0xD503_40DF | (Ranged(mask, 0, 15, nameof(mask)) << 8));

    /// <summary>Takes masks of exceptions away: D, A, I, F in bits 3 to 0.</summary>
    public void MsrDaifClr(int mask) => Emit(0xD503_40FF | (Ranged(mask, 0, 15, nameof(mask)) << 8));

    /// <summary>Waits until memory accesses and cache operations before it are done.</summary>
    public void Dsb(BarrierOption barrier) => Emit(0xD503_309F | (Ranged((int)barrier, 0, 15, nameof(barrier)) << 8));

    /// <summary>Keeps memory accesses in order.</summary>
    public void Dmb(BarrierOption barrier) => Emit(0xD503_30BF | (Ranged((int)barrier, 0, 15, nameof(barrier)) << 8));

    /// <summary>Fetches the following instructions anew.</summary>
    public void Isb() => Emit(0xD503_3FDF);

    /// <summary>An operation on the data line that holds an address.</summary>
    /// <exception cref="ArgumentException">The operation is one of the instruction cache.</exception>
    public void Dc(CacheOperation operation, RegX address)
    {
        if (operation == CacheOperation.IvaU)
        {
            throw new ArgumentException("ivau is an operation of the instruction cache", nameof(operation));
        }

        Emit(0xD508_0000 | ((uint)operation << 5) | OrZero(address));
    }

    /// <summary>Invalidates the instruction line that holds an address, to the point of unification.</summary>
    public void IcIvau(RegX address) => Emit(0xD508_0000 | ((uint)CacheOperation.IvaU << 5) | OrZero(address));

    /// <summary>Invalidates this processor's instruction cache.</summary>
    public void IcIallu() => Emit(0xD508_751F);

    /// <summary>Invalidates the instruction caches of the inner shareable domain.</summary>
    public void IcIalluis() => Emit(0xD508_711F);

    /// <summary>Empties the TLB.</summary>
    public void Tlbi(TlbOperation operation) => Emit(0xD508_001F | ((uint)operation << 5));
}
