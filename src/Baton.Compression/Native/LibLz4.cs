using System.Runtime.InteropServices;

namespace Baton.Compression.Native;

/// <summary>liblz4, as declared in lz4.h and lz4frame.h.</summary>
internal static partial class LibLz4
{
    /// <summary>LZ4F_VERSION.</summary>
    public const uint FrameVersion = 100;

    private const string Library = "liblz4.so.1";

    [LibraryImport(Library, EntryPoint = "LZ4_decompress_safe")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int DecompressSafe(byte* source, byte* target, int sourceSize, int targetSize);

    [LibraryImport(Library, EntryPoint = "LZ4F_createDecompressionContext")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nuint CreateContext(out nint context, uint version);

    [LibraryImport(Library, EntryPoint = "LZ4F_freeDecompressionContext")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nuint FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "LZ4F_decompress")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial nuint Decompress(
        nint context, byte* target, ref nuint targetSize, byte* source, ref nuint sourceSize, nint options);

    [LibraryImport(Library, EntryPoint = "LZ4F_isError")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "LZ4F_getErrorName")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint GetErrorName(nuint code);
}
