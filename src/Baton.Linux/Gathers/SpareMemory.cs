namespace Baton.Linux.Gathers;

/// <summary>
/// What the machine has to spare for pages that are held: where it is not enough, the kernel's reserve is lowered until this is
/// disposed of, and then this process and the kernel give back what they do not need.
/// </summary>
/// <param name="held">What is held.</param>
public sealed class SpareMemory(HeldMemory held) : IDisposable
{
    private KernelReserve? _lowered;

    /// <summary>Reads what can be had, as far as possible as much as is wanted.</summary>
    /// <param name="wanted">Bytes.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="InsufficientMemoryException">All that was held has been given back.</exception>
    public ulong ReadFor(ulong wanted)
    {
        OwnPages.Keep();
        if (AvailableMemory.Read() is var available && available >= wanted)
        {
            return available;
        }

        _lowered ??= KernelReserve.Lower(held);
        return AvailableMemory.ReadFor(wanted);
    }

    /// <summary>Lowers the reserve where less can be had than is ample, until this is disposed of.</summary>
    /// <exception cref="InsufficientMemoryException">All that was held has been given back.</exception>
    public void LowerWhereScarce()
    {
        if (AvailableMemory.Read() < AvailableMemory.Ample)
        {
            _lowered ??= KernelReserve.Lower(held);
        }
    }

    public void Dispose() => _lowered?.Dispose();
}
