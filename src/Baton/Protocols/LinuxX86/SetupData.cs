using Baton.Bytes;
using Baton.Machines;
using Baton.Memory;

namespace Baton.Protocols.LinuxX86;

/// <summary>The kinds of setup_data that are written here (arch/x86/include/uapi/asm/setup_data.h).</summary>
public enum SetupDataType
{
    /// <summary>SETUP_E820_EXT: memory map entries that did not fit into boot_params.</summary>
    E820Ext = 1,

    /// <summary>SETUP_EFI: where the EFI tables are, for a kernel that was not started by the firmware.</summary>
    Efi = 4,

    /// <summary>SETUP_RNG_SEED: random bytes for the next kernel's generator.</summary>
    RngSeed = 9,
}

/// <summary>One node of boot_params' linked list of struct setup_data.</summary>
/// <param name="Type">What the data is.</param>
/// <param name="Data">The data.</param>
public sealed record SetupData(SetupDataType Type, ReadOnlyMemory<byte> Data)
{
    /// <summary>Bytes of the node's header: next, type, len.</summary>
    public const int HeaderSize = 16;

    private static readonly Field<ulong> Next = new(0, "next");
    private static readonly Field<uint> TypeField = new(8, "type");
    private static readonly Field<uint> Length = new(12, "len");

    /// <summary>Writes the node.</summary>
    /// <param name="place">Where; at least <see cref="HeaderSize"/> and the data's length in bytes.</param>
    /// <param name="next">Physical address of the next node; zero for the last.</param>
    public void Write(Span<byte> place, PhysicalAddress next)
    {
        Next.Write(place, next.Value);
        TypeField.Write(place, (uint)Type);
        Length.Write(place, (uint)Data.Length);
        Data.Span.CopyTo(place[HeaderSize..]);
    }
}

/// <summary>struct efi_setup_data: the data of a SETUP_EFI node.</summary>
public static class EfiSetupData
{
    /// <summary>Bytes of the structure: four pointers and eight reserved words.</summary>
    public const int Size = 96;

    private static readonly Field<ulong> FwVendor = new(0, "fw_vendor");
    private static readonly Field<ulong> Runtime = new(8, "runtime");
    private static readonly Field<ulong> Tables = new(16, "tables");
    private static readonly Field<ulong> Smbios = new(24, "smbios");

    /// <summary>Builds the structure from what the running kernel knows. Unknown addresses are zero.</summary>
    public static byte[] Build(EfiFirmware efi)
    {
        ArgumentNullException.ThrowIfNull(efi);
        byte[] data = new byte[Size];
        FwVendor.Write(data, efi.Vendor?.Value ?? 0);
        Runtime.Write(data, efi.Runtime?.Value ?? 0);
        Tables.Write(data, efi.ConfigurationTable?.Value ?? 0);
        Smbios.Write(data, efi.Smbios?.Value ?? 0);
        return data;
    }
}
