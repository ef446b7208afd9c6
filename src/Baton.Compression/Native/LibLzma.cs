using System.Runtime.InteropServices;

namespace Baton.Compression.Native;

/// <summary>liblzma, as declared in lzma/base.h and lzma/container.h.</summary>
internal static partial class LibLzma
{
    /// <summary>Results of <c>lzma_ret</c>.</summary>
    public const int Ok = 0;
    public const int StreamEnd = 1;
    public const int UnsupportedCheck = 3;
    public const int MemError = 5;
    public const int MemlimitError = 6;
    public const int FormatError = 7;
    public const int OptionsError = 8;
    public const int DataError = 9;
    public const int BufError = 10;

    /// <summary>LZMA_RUN and LZMA_FINISH of <c>lzma_action</c>.</summary>
    public const int Run = 0;
    public const int Finish = 3;

    private const string Library = "liblzma.so.5";

    [LibraryImport(Library, EntryPoint = "lzma_stream_decoder")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int StreamDecoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(Library, EntryPoint = "lzma_alone_decoder")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int AloneDecoder(LzmaStream* stream, ulong memoryLimit);

    [LibraryImport(Library, EntryPoint = "lzma_code")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial int Code(LzmaStream* stream, int action);

    [LibraryImport(Library, EntryPoint = "lzma_end")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial void End(LzmaStream* stream);
}

/// <summary><c>lzma_stream</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LzmaStream
{
    public byte* NextIn;
    public nuint AvailIn;
    public ulong TotalIn;
    public byte* NextOut;
    public nuint AvailOut;
    public ulong TotalOut;
    public void* Allocator;
    public void* Internal;
    public void* ReservedPointer1;
    public void* ReservedPointer2;
    public void* ReservedPointer3;
    public void* ReservedPointer4;
    public ulong SeekPosition;
    public ulong ReservedInteger2;
    public nuint ReservedInteger3;
    public nuint ReservedInteger4;
    public int ReservedEnum1;
    public int ReservedEnum2;
}
