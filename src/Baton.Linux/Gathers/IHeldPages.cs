using Baton.Bytes;
using Baton.Gathers;

namespace Baton.Linux.Gathers;

/// <summary>Pages from which a part of an image is handed over.</summary>
internal interface IHeldPages
{
    /// <summary>Adds where pages lie and where they belong.</summary>
    /// <param name="offset">The first page's offset in bytes; a multiple of the page size.</param>
    /// <param name="destination">Where it belongs, as a number.</param>
    /// <param name="pages">How many.</param>
    /// <param name="moves">Where they are added.</param>
    /// <exception cref="IOException">The kernel does not tell where pages are.</exception>
    void AddMoves(long offset, ulong destination, ulong pages, PageMoves moves);

    /// <summary>Adds what is in the pages to a digest.</summary>
    /// <param name="offset">Where the first byte is.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="hash">The digest.</param>
    void AddTo(Sha256 hash, long offset, long length);
}
