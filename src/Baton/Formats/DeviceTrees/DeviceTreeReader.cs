using System.Text;
using Baton.Bytes;
using Baton.Memory;

namespace Baton.Formats.DeviceTrees;

/// <summary>Reads a flattened device tree. Specification: sections 5.3 to 5.5.</summary>
internal sealed class DeviceTreeReader
{
    private readonly ReadOnlyMemory<byte> _blob;
    private readonly string _name;
    private readonly DeviceTreeHeader _header;
    private readonly Dictionary<uint, string> _names = [];
    private int _position;
    private int _nops;
    private int _emptyReservations;
    private int _nodes;
    private int _properties;

    private DeviceTreeReader(ReadOnlyMemory<byte> blob, string name)
    {
        _header = DeviceTreeHeader.Parse(new ByteView(blob.Span, name));
        _blob = blob[..(int)_header.TotalSize];
        _name = name;
    }

    private ByteView Blob => new(_blob.Span, _name);

    /// <summary>The structure block; in version 16 it is not known where it ends before it has been read.</summary>
    private ByteView Structure => Blob.Slice(
        _header.OffDtStruct,
        _header.SizeDtStruct ?? (_header.TotalSize - _header.OffDtStruct),
        DeviceTreeFields.OffDtStruct.Name);

    public static DeviceTree Read(ReadOnlyMemory<byte> blob, string name) => new DeviceTreeReader(blob, name).Read();

    private DeviceTree Read()
    {
        List<PhysicalRange> reservations = ReadReservations();
        DeviceNode root = ReadStructure();
        DeviceTreeLayout layout = FindLayout(
            (reservations.Count + _emptyReservations + 1) * DeviceTreeFields.ReserveEntrySize);
        DeviceTree tree = new(_name, layout)
        {
            Root = root,
            Nops = _nops,
            EmptyReservations = _emptyReservations,
            BootCpuidPhys = _header.BootCpuidPhys,
        };
        foreach (PhysicalRange range in reservations)
        {
            tree.Reservations.Add(range);
        }

        return tree;
    }

    private List<PhysicalRange> ReadReservations()
    {
        List<PhysicalRange> ranges = [];
        for (long offset = _header.OffMemRsvmap; ; offset += DeviceTreeFields.ReserveEntrySize)
        {
            ulong address = DeviceTreeFields.Address.ReadAt(Blob, offset);
            ulong size = DeviceTreeFields.Size.ReadAt(Blob, offset);
            if (address == 0 && size == 0)
            {
                return ranges;
            }

            // For the specification that is not the end yet.
            if (size == 0)
            {
                _emptyReservations++;
                continue;
            }

            if (!PhysicalRange.Fits(new PhysicalAddress(address), size))
            {
                throw Blob.Fault(
                    ImageError.OutOfRange,
                    offset + DeviceTreeFields.Size.Offset,
                    DeviceTreeFields.Size.Name,
                    $"0x{size:x} bytes from 0x{address:x} wrap around memory");
            }

            ranges.Add(new PhysicalRange(new PhysicalAddress(address), size));
        }
    }

    private DeviceNode ReadStructure()
    {
        DeviceNode? root = null;
        Stack<OpenNode> open = [];
        while (true)
        {
            int start = _position;
            uint token = DeviceTreeFields.Token.ReadAt(Structure, start);
            _position = DeviceTreeFields.Token.End + start;
            switch (token)
            {
                case DeviceTreeFields.Nop:
                    _nops++;
                    break;
                case DeviceTreeFields.BeginNode when root is null || open.Count > 0:
                    OpenNode node = ReadNode(start, open);
                    root ??= node.Node;
                    open.Push(node);
                    break;
                case DeviceTreeFields.Prop when open.Count > 0:
                    ReadProperty(start, open.Peek());
                    break;
                case DeviceTreeFields.EndNode when open.Count > 0:
                    open.Pop();
                    break;
                case DeviceTreeFields.End when open.Count == 0 && root is not null:
                    return root;
                default:
                    throw Structure.Fault(
                        ImageError.Inconsistent,
                        start,
                        DeviceTreeFields.Token.Name,
                        $"found {token} with {open.Count} nodes open{(root is null ? " and no root yet" : "")}");
            }
        }
    }

    private OpenNode ReadNode(int start, Stack<OpenNode> open)
    {
        const string field = "node name";
        ReadOnlySpan<byte> bytes = ReadName(Structure, _position, field);
        int nameStart = _position;
        _position = Align(_position + bytes.Length + 1);
        ReadOnlyMemory<byte> padding = PaddingFrom(nameStart + bytes.Length + 1);
        ImageLocation where = new(_name, _header.OffDtStruct + start, "FDT_BEGIN_NODE");
        if (!open.TryPeek(out OpenNode? parent))
        {
            return bytes.IsEmpty
                ? new OpenNode(new DeviceNode("", null, where) { Padding = padding })
                : throw Structure.Fault(ImageError.Inconsistent, nameStart, field, "the root has a name, expected none");
        }

        if (!DeviceTreeNames.IsPlain(bytes))
        {
            throw Structure.Fault(
                ImageError.OutOfRange, nameStart, field, $"\"{PrintableText.Of(bytes)}\" is no name of a node");
        }

        if (open.Count >= DeviceTree.Deepest)
        {
            throw Structure.Fault(
                ImageError.OutOfRange, nameStart, field, $"deeper than the {DeviceTree.Deepest} levels that are read");
        }

        if (++_nodes > DeviceTree.MostNodes)
        {
            throw Structure.Fault(
                ImageError.OutOfRange, nameStart, field, $"more than the {DeviceTree.MostNodes} nodes that are read");
        }

        string name = Encoding.ASCII.GetString(bytes);
        if (!parent.NodeNames.Add(name))
        {
            throw Structure.Fault(
                ImageError.Inconsistent, nameStart, field, $"{parent.Node.Path} has two nodes {name}");
        }

        return new OpenNode(parent.Node.Append(name, where, padding));
    }

    private void ReadProperty(int start, OpenNode parent)
    {
        uint length = DeviceTreeFields.Len.ReadAt(Structure, start);
        uint nameOffset = DeviceTreeFields.NameOff.ReadAt(Structure, start);
        int valueStart = start + DeviceTreeFields.PropertyHeaderSize;
        string name = NameAt(start, nameOffset);
        Structure.Take(valueStart, length, name);
        if (++_properties > DeviceTree.MostProperties)
        {
            throw Structure.Fault(
                ImageError.OutOfRange, start, name, $"more than the {DeviceTree.MostProperties} properties that are read");
        }

        if (parent.Node.Children.Count > 0)
        {
            throw Structure.Fault(
                ImageError.Inconsistent, start, name, $"a property of {parent.Node.Path} behind a node of it");
        }

        if (!parent.PropertyNames.Add(name))
        {
            throw Structure.Fault(
                ImageError.Inconsistent, start, name, $"{parent.Node.Path} has two properties of this name");
        }

        int valueEnd = valueStart + (int)length;
        _position = Align(valueEnd);
        ReadOnlyMemory<byte> padding = PaddingFrom(valueEnd);
        int blobStart = (int)_header.OffDtStruct;
        parent.Node.Append(new DeviceProperty(
            name,
            _blob.Slice(blobStart + valueStart, (int)length),
            new ImageLocation(_name, blobStart + start, name))
        {
            NameOffset = (int)nameOffset,
            Padding = padding,
        });
    }

    /// <summary>The bytes from an offset to the next token, which is at <see cref="_position"/>.</summary>
    private ReadOnlyMemory<byte> PaddingFrom(int start)
    {
        Structure.Take(start, _position - start, "padding");
        return _blob.Slice((int)_header.OffDtStruct + start, _position - start);
    }

    private string NameAt(int start, uint offset)
    {
        if (_names.TryGetValue(offset, out string? known))
        {
            return known;
        }

        if (offset >= _header.SizeDtStrings)
        {
            throw Structure.Fault(
                ImageError.OutOfRange,
                start + DeviceTreeFields.NameOff.Offset,
                DeviceTreeFields.NameOff.Name,
                $"found 0x{offset:x}, the strings block has 0x{_header.SizeDtStrings:x} bytes");
        }

        const string field = "property name";
        ByteView strings = Blob.Slice(_header.OffDtStrings, _header.SizeDtStrings, DeviceTreeFields.OffDtStrings.Name);
        ReadOnlySpan<byte> bytes = ReadName(strings, (int)offset, field);
        if (!DeviceTreeNames.IsPlain(bytes))
        {
            throw strings.Fault(
                ImageError.OutOfRange, offset, field, $"\"{PrintableText.Of(bytes)}\" is no name of a property");
        }

        string name = Encoding.ASCII.GetString(bytes);
        _names.Add(offset, name);
        return name;
    }

    private static ReadOnlySpan<byte> ReadName(ByteView block, int start, string field)
    {
        int room = Math.Min(block.Length - start, DeviceTreeNames.Longest + 1);
        ReadOnlySpan<byte> rest = block.Take(start, room, field);
        int end = rest.IndexOf((byte)0);
        return end >= 0 ? rest[..end] : throw block.Fault(
            room > DeviceTreeNames.Longest ? ImageError.OutOfRange : ImageError.Truncated,
            start,
            field,
            $"no NUL in {room} bytes");
    }

    /// <summary>Finds out what the blocks leave over, now that the ends of all of them are known.</summary>
    private DeviceTreeLayout FindLayout(int reservationSize)
    {
        int structureEnd = (int)(_header.OffDtStruct + (_header.SizeDtStruct ?? (uint)_position));
        List<Extent> extents =
        [
            new(DeviceTreeBlock.MemoryReservation, DeviceTreeFields.OffMemRsvmap, (int)_header.OffMemRsvmap,
                (int)_header.OffMemRsvmap + reservationSize),
            new(DeviceTreeBlock.Structure, DeviceTreeFields.OffDtStruct, (int)_header.OffDtStruct, structureEnd),
            new(DeviceTreeBlock.Strings, DeviceTreeFields.OffDtStrings, (int)_header.OffDtStrings,
                (int)(_header.OffDtStrings + _header.SizeDtStrings)),
        ];
        extents.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.End.CompareTo(b.End));
        List<ReadOnlyMemory<byte>> gaps = [];
        int end = _header.Size;
        foreach (Extent extent in extents)
        {
            if (extent.Start < end)
            {
                throw extent.Field.Fault(
                    Blob, ImageError.Inconsistent, $"the block starts at 0x{extent.Start:x}, before another ends at 0x{end:x}");
            }

            gaps.Add(_blob[end..extent.Start]);
            end = extent.End;
        }

        return new DeviceTreeLayout
        {
            Version = Math.Min(_header.Version, DeviceTreeFields.NewestVersion),
            LastCompVersion = _header.LastCompVersion,
            Order = [.. extents.Select(e => e.Block)],
            Gaps = gaps,
            Strings = _blob.Slice((int)_header.OffDtStrings, (int)_header.SizeDtStrings),
            StructureTail = _blob[((int)_header.OffDtStruct + _position)..structureEnd],
            Slack = _blob[end..],
            TotalSize = _header.TotalSize,
        };
    }

    private static int Align(int offset) =>
        (offset + DeviceTreeFields.TokenAlignment - 1) & ~(DeviceTreeFields.TokenAlignment - 1);

    private sealed record Extent(DeviceTreeBlock Block, BigEndianField<uint> Field, int Start, int End);

    /// <summary>A node whose end has not been seen, and the names that are taken in it.</summary>
    private sealed record OpenNode(DeviceNode Node)
    {
        public HashSet<string> PropertyNames { get; } = [];

        public HashSet<string> NodeNames { get; } = [];
    }
}
