using System.Buffers.Binary;
using System.Text;
using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.BzImage;

namespace Baton.EndToEnd;

/// <summary>
/// What a kernel would find by following its boot_params, whoever wrote them: named facts that do not depend on where
/// things lie, and can be compared.
/// </summary>
/// <param name="bootParams">The 4096 bytes.</param>
/// <param name="read">Reads memory as it will be: address, length.</param>
public sealed class HandoverMemory(byte[] bootParams, Func<ulong, int, byte[]> read)
{
    private const int Next = 0;
    private const int Type = 8;
    private const int Length = 12;
    private const int Data = 16;

    /// <summary>Fields that hold addresses; what is there is compared instead.</summary>
    private static readonly HashSet<string> Pointers =
    [
        "ramdisk_image", "ext_ramdisk_image", "cmd_line_ptr", "ext_cmd_line_ptr", "setup_data",
        "efi_info.efi_memmap", "efi_info.efi_memmap_hi",
    ];

    /// <summary>Blocks that are taken apart.</summary>
    private static readonly HashSet<string> TakenApart = ["screen_info", "efi_info", "e820_table"];

    /// <summary>Every fact: its name, and its value as text.</summary>
    public IReadOnlyDictionary<string, string> Facts()
    {
        Dictionary<string, string> facts = [];
        bool[] covered = new bool[BootParamsFields.Size];
        ByteView view = new(bootParams, "boot_params");
        foreach (DeclaredField field in BootParamsFields.All.Concat(SetupFields.All))
        {
            covered.AsSpan(field.Offset, field.Size).Fill(true);
            if (!Pointers.Contains(field.Name))
            {
                facts[field.Name] = $"0x{field.Read(view):x}";
            }
        }

        foreach (DeclaredBlock block in BootParamsFields.Blocks)
        {
            covered.AsSpan(block.Offset, block.Length).Fill(true);
            if (!TakenApart.Contains(block.Name))
            {
                facts[block.Name] = Convert.ToHexString(bootParams.AsSpan(block.Offset, block.Length)).TrimEnd('0');
            }
        }

        for (int i = 0; i < covered.Length; i++)
        {
            if (!covered[i] && bootParams[i] != 0)
            {
                facts[$"byte 0x{i:x}"] = $"0x{bootParams[i]:x2}";
            }
        }

        facts["e820"] = string.Join("; ", E820());
        facts["command line"] = CommandLine();
        foreach ((uint type, byte[] data) in SetupDataNodes())
        {
            facts[$"setup_data type {type}"] = Convert.ToHexString(data);
        }

        if (Pointer(0x1D0, 0x1DC) is not 0 and ulong map)
        {
            // A set: the kernel does not mind the order, which is that of a directory in kexec-tools.
            int size = BinaryPrimitives.ReadInt32LittleEndian(bootParams.AsSpan(0x1C8));
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(bootParams.AsSpan(0x1D4));
            facts["EFI memory map"] = string.Join(
                ' ', read(map, bytes).Chunk(size).Select(Convert.ToHexString).Order(StringComparer.Ordinal));
        }

        return facts;
    }

    /// <summary>Where the initrd starts.</summary>
    public ulong Initrd => Pointer(0x218, 0xC0);

    private IEnumerable<string> E820()
    {
        for (int i = 0; i < bootParams[0x1E8]; i++)
        {
            ReadOnlySpan<byte> entry = bootParams.AsSpan(0x2D0 + (20 * i), 20);
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            ulong end = start + BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
            yield return $"[0x{start:x}, 0x{end:x}) {BinaryPrimitives.ReadUInt32LittleEndian(entry[16..])}";
        }
    }

    private string CommandLine()
    {
        ulong start = Pointer(0x228, 0xC8);
        List<byte> text = [];
        for (byte next; (next = read(start + (ulong)text.Count, 1)[0]) != 0;)
        {
            text.Add(next);
        }

        return Encoding.UTF8.GetString([.. text]);
    }

    private IEnumerable<(uint Type, byte[] Data)> SetupDataNodes()
    {
        ulong node = BinaryPrimitives.ReadUInt64LittleEndian(bootParams.AsSpan(0x250));
        while (node != 0)
        {
            byte[] header = read(node, Data);
            int length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(Length));
            yield return (
                BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(Type)), read(node + Data, length));
            node = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(Next));
        }
    }

    private ulong Pointer(int low, int high) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bootParams.AsSpan(low))
        | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(bootParams.AsSpan(high)) << 32);
}
