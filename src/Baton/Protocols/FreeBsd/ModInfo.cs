using Baton.Handoffs;

namespace Baton.Protocols.FreeBsd;

/// <summary>The types of the records that tell a FreeBSD kernel what was preloaded (sys/sys/linker.h).</summary>
public static class ModInfo
{
    public const uint End = 0x0000;
    public const uint Name = 0x0001;
    public const uint Type = 0x0002;
    public const uint Address = 0x0003;
    public const uint Size = 0x0004;
    public const uint Arguments = 0x0006;

    /// <summary>Added to what a file's own kind of record is numbered by.</summary>
    public const uint Metadata = 0x8000;

    public const uint ElfHeader = Metadata | 0x0002;
    public const uint SymbolsStart = Metadata | 0x0003;
    public const uint SymbolsEnd = Metadata | 0x0004;
    public const uint Dynamic = Metadata | 0x0005;
    public const uint Environment = Metadata | 0x0006;
    public const uint Howto = Metadata | 0x0007;
    public const uint KernEnd = Metadata | 0x0008;
    public const uint SectionHeaders = Metadata | 0x0009;
    public const uint ConstructorsAddress = Metadata | 0x000a;
    public const uint ConstructorsSize = Metadata | 0x000b;
    public const uint FirmwareHandle = Metadata | 0x000c;

    /// <summary>From here on the numbers are the architecture's own; these are amd64's (sys/x86/include/metadata.h).</summary>
    public const uint Smap = Metadata | 0x1001;
    public const uint EfiMap = Metadata | 0x1004;
    public const uint EfiFramebuffer = Metadata | 0x1005;
    public const uint ModuleP = Metadata | 0x1006;
    public const uint VbeFramebuffer = Metadata | 0x1007;
    public const uint EfiArchitecture = Metadata | 0x1008;

    /// <summary>These are arm64's (sys/arm64/include/metadata.h).</summary>
    public const uint Arm64EfiMap = Metadata | 0x1001;
    public const uint Arm64DeviceTree = Metadata | 0x1002;
    public const uint Arm64EfiFramebuffer = Metadata | 0x1003;

    /// <summary>A kernel's type, by which the kernel finds its own records.</summary>
    public const string KernelType = "elf kernel";

    /// <summary>The type of an amd64 module.</summary>
    public const string ObjectType = "elf obj module";

    /// <summary>The type of an arm64 module.</summary>
    public const string SharedType = "elf module";

    /// <summary>The type of a memory disk's image.</summary>
    public const string MemoryDiskType = "md_image";

    /// <summary>Another name for <see cref="MemoryDiskType"/>.</summary>
    public const string MfsRootType = "mfs_root";

    /// <summary>Whether a record of a type is one that kernels of an architecture read, or pass over knowingly.</summary>
    public static bool IsKnown(uint type, Architecture architecture) =>
        type is (>= Name and <= Size) or Arguments or (>= ElfHeader and <= FirmwareHandle)
        || (architecture == Architecture.Arm64
            ? type is Arm64EfiMap or Arm64DeviceTree or Arm64EfiFramebuffer
            : type is Smap or (>= EfiMap and <= EfiArchitecture));

    /// <summary>The type of an architecture's modules.</summary>
    public static string ModuleTypeOf(Architecture architecture) =>
        architecture == Architecture.Arm64 ? SharedType : ObjectType;
}
