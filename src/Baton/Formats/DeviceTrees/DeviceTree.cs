using Baton.Bytes;
using Baton.Memory;

namespace Baton.Formats.DeviceTrees;

/// <summary>
/// A device tree that can be edited and written again. What was not edited comes out byte for byte: the strings block,
/// the order of the blocks and what lies between and behind them are kept. FDT_NOP tokens are an exception, which stand
/// for something that was deleted, and so are reservations of no bytes: neither is written. Specification: Devicetree
/// Specification v0.4.
/// </summary>
public sealed class DeviceTree
{
    /// <summary>Levels of nodes that are read, the root included: as many as Linux reads.</summary>
    public const int Deepest = 64;

    /// <summary>Nodes and properties that are read, beside the root: far more than machines have.</summary>
    public const int MostNodes = 1 << 16;
    public const int MostProperties = 1 << 18;

    internal DeviceTree(string name, DeviceTreeLayout layout)
    {
        Name = name;
        Layout = layout;
        Root = new DeviceNode("", null, new ImageLocation(name, 0, "/"));
        BlobSize = layout.TotalSize;
    }

    /// <summary>The blob's name, for errors.</summary>
    public string Name { get; }

    public DeviceNode Root { get; internal init; }

    /// <summary>The memory reservation block: what a kernel must leave alone, unless it knows better.</summary>
    public IList<PhysicalRange> Reservations { get; } = [];

    /// <summary>The physical id of the processor that boots.</summary>
    public uint BootCpuidPhys { get; set; }

    /// <summary>The version that it is written in: 16 or 17.</summary>
    public uint Version => Layout.Version;

    /// <summary>Bytes of the blob that was read, free space included; 0 for a tree that was not read.</summary>
    public uint BlobSize { get; }

    /// <summary>FDT_NOP tokens that were read, and are not written again.</summary>
    public int Nops { get; internal init; }

    /// <summary>
    /// Reservations of no bytes that were read, and are not written again: libfdt and Linux take the first of them for the end.
    /// </summary>
    public int EmptyReservations { get; internal init; }

    /// <summary>Bytes of free space behind the blocks that were read.</summary>
    public int FreeSpace => Layout.Slack.Length;

    internal DeviceTreeLayout Layout { get; }

    /// <summary>An empty tree: a root without properties.</summary>
    public static DeviceTree Create(string name) => new(name, DeviceTreeLayout.Fresh);

    /// <summary>Reads a blob.</summary>
    /// <param name="blob">The bytes; what follows the blob does not count. They must not change any more.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <exception cref="ImageFormatException">The blob is truncated, contradicts itself, or is of another version.</exception>
    public static DeviceTree Parse(ReadOnlyMemory<byte> blob, string name) => DeviceTreeReader.Read(blob, name);

    /// <summary>Reads a blob from a source.</summary>
    /// <exception cref="ImageFormatException">The blob is truncated, contradicts itself, or is of another version.</exception>
    public static DeviceTree Open(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Parse(BytesOf(source), source.Name);
    }

    /// <summary>A blob's bytes: as many as its header says, if that can be, and never more than a blob can have.</summary>
    public static ReadOnlyMemory<byte> BytesOf(IByteSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ByteView head = source.Window(0, DeviceTreeFields.HeaderSize);
        uint size = DeviceTreeHeader.Matches(head) ? DeviceTreeFields.TotalSize.Read(head) : 0;
        uint read = Math.Max(Math.Min(size, DeviceTreeHeader.LongestBlob), DeviceTreeFields.HeaderSize);
        return source.Window(0, (int)read).Bytes.ToArray();
    }

    /// <summary>
    /// Writes the tree as a blob with the layout that it was read with. It is not shorter than it was; edits take their
    /// room from the free space at its end, and it grows when that is used up.
    /// </summary>
    public byte[] ToArray() => DeviceTreeWriter.Write(this, Layout);

    /// <summary>Writes the tree as dtc does: version 17, only the names that are used, and no gaps.</summary>
    /// <param name="freeSpace">Bytes of free space at the end, for editors that come later.</param>
    public byte[] ToFreshArray(int freeSpace = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(freeSpace);
        return DeviceTreeWriter.Write(this, DeviceTreeLayout.Fresh with { Slack = new byte[freeSpace] });
    }

    /// <summary>The node of a path such as <c>/soc/serial@9000000</c>, as <see cref="DeviceNode.Child"/> finds each.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ArgumentException">The path does not start with a slash.</exception>
    public DeviceNode? Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path[0] != '/')
        {
            throw new ArgumentException($"\"{path}\" does not start with a slash", nameof(path));
        }

        DeviceNode? node = Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = node?.Child(name);
        }

        return node;
    }

    /// <summary>The node with a phandle; null when there is none. Specification: section 2.3.3.</summary>
    public DeviceNode? FindPhandle(uint phandle) => Root.Subtree().FirstOrDefault(
        n => (n.Property("phandle") ?? n.Property("linux,phandle"))?.U32 == phandle);
}
