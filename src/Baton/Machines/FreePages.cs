using Baton.Memory;

namespace Baton.Machines;

/// <summary>
/// How much of each block of physical memory is free at the moment: from /proc/kpageflags, sampled. kexec_load(2)
/// slows down with every free page that lies in its destinations (it is handed them as source pages and must search
/// its lists), so the planner prefers places that are in use.
/// </summary>
public sealed class FreePages
{
    private readonly double[] _freeBytesBefore;

    /// <param name="blockSize">Bytes a block, a power of two.</param>
    /// <param name="freeBytes">Estimated free bytes of each block from address 0 on.</param>
    public FreePages(ulong blockSize, IReadOnlyList<double> freeBytes)
    {
        ArgumentNullException.ThrowIfNull(freeBytes);
        BlockSize = blockSize;
        _freeBytesBefore = new double[freeBytes.Count + 1];
        for (int i = 0; i < freeBytes.Count; i++)
        {
            _freeBytesBefore[i + 1] = _freeBytesBefore[i] + freeBytes[i];
        }
    }

    /// <summary>Bytes a block.</summary>
    public ulong BlockSize { get; }

    /// <summary>The estimated free bytes of a range.</summary>
    public double FreeBytesOf(PhysicalRange range) => Before(range.End) - Before(range.Start);

    private double Before(PhysicalAddress address)
    {
        ulong block = address.Value / BlockSize;
        if (block >= (ulong)_freeBytesBefore.Length - 1)
        {
            return _freeBytesBefore[^1];
        }

        double part = (double)(address.Value % BlockSize) / BlockSize;
        return _freeBytesBefore[block] + (part * (_freeBytesBefore[block + 1] - _freeBytesBefore[block]));
    }
}
