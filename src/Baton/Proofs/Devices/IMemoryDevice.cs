namespace Baton.Proofs.Devices;

/// <summary>Something that answers at the physical addresses of one page, in place of memory.</summary>
public interface IMemoryDevice
{
    /// <summary>Reads 1, 2, 4 or 8 bytes.</summary>
    /// <param name="offset">Bytes from the start of its page.</param>
    /// <param name="size">Bytes.</param>
    ulong Read(int offset, int size);

    /// <summary>Writes 1, 2, 4 or 8 bytes.</summary>
    /// <param name="offset">Bytes from the start of its page.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="value">The value, in its low bytes.</param>
    void Write(int offset, int size, ulong value);
}
