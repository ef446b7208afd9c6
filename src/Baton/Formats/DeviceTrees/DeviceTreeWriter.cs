using System.Buffers.Binary;
using System.Text;
using Baton.Memory;

namespace Baton.Formats.DeviceTrees;

/// <summary>Writes a tree as a blob, with a layout to keep to.</summary>
internal sealed class DeviceTreeWriter : IDisposable
{
    private readonly DeviceTreeLayout _layout;
    private readonly MemoryStream _structure = new();
    private readonly MemoryStream _strings = new();
    private readonly Dictionary<string, int> _offsets = [];

    private DeviceTreeWriter(DeviceTreeLayout layout)
    {
        _layout = layout;
        _strings.Write(layout.Strings.Span);
    }

    public static byte[] Write(DeviceTree tree, DeviceTreeLayout layout)
    {
        using DeviceTreeWriter writer = new(layout);
        return writer.Write(tree);
    }

    public void Dispose()
    {
        _structure.Dispose();
        _strings.Dispose();
    }

    private byte[] Write(DeviceTree tree)
    {
        WriteNode(tree.Root);
        WriteToken(DeviceTreeFields.End);
        _structure.Write(_layout.StructureTail.Span);
        byte[][] blocks = new byte[3][];
        blocks[(int)DeviceTreeBlock.MemoryReservation] = Reservations(tree.Reservations);
        blocks[(int)DeviceTreeBlock.Structure] = _structure.ToArray();
        blocks[(int)DeviceTreeBlock.Strings] = _strings.ToArray();

        int[] offsets = new int[3];
        int end = _layout.Version >= 17 ? DeviceTreeFields.HeaderSize : DeviceTreeFields.HeaderSize16;
        for (int i = 0; i < offsets.Length; i++)
        {
            DeviceTreeBlock block = _layout.Order[i];
            int alignment = AlignmentOf(block);
            offsets[(int)block] = (end + _layout.Gaps[i].Length + alignment - 1) / alignment * alignment;
            end = offsets[(int)block] + blocks[(int)block].Length;
        }

        byte[] blob = new byte[_layout.TotalSize == 0 ? end + _layout.Slack.Length : Math.Max(end, (int)_layout.TotalSize)];
        WriteHeader(blob, tree, offsets, blocks);
        for (int i = 0; i < offsets.Length; i++)
        {
            DeviceTreeBlock block = _layout.Order[i];
            int start = offsets[(int)block];
            ReadOnlySpan<byte> gap = _layout.Gaps[i].Span;
            gap.CopyTo(blob.AsSpan(start - gap.Length));
            blocks[(int)block].CopyTo(blob, start);
        }

        // The free space is counted from the end, where it still is.
        int slack = Math.Min(_layout.Slack.Length, blob.Length - end);
        _layout.Slack.Span[^slack..].CopyTo(blob.AsSpan(blob.Length - slack));
        return blob;
    }

    private static int AlignmentOf(DeviceTreeBlock block) => block switch
    {
        DeviceTreeBlock.MemoryReservation => DeviceTreeFields.ReservationAlignment,
        DeviceTreeBlock.Structure => DeviceTreeFields.TokenAlignment,
        _ => 1,
    };

    private void WriteHeader(byte[] blob, DeviceTree tree, int[] offsets, byte[][] blocks)
    {
        DeviceTreeFields.Magic.Write(blob, DeviceTreeFields.MagicValue);
        DeviceTreeFields.TotalSize.Write(blob, (uint)blob.Length);
        DeviceTreeFields.OffDtStruct.Write(blob, (uint)offsets[(int)DeviceTreeBlock.Structure]);
        DeviceTreeFields.OffDtStrings.Write(blob, (uint)offsets[(int)DeviceTreeBlock.Strings]);
        DeviceTreeFields.OffMemRsvmap.Write(blob, (uint)offsets[(int)DeviceTreeBlock.MemoryReservation]);
        DeviceTreeFields.Version.Write(blob, _layout.Version);
        DeviceTreeFields.LastCompVersion.Write(blob, _layout.LastCompVersion);
        DeviceTreeFields.BootCpuidPhys.Write(blob, tree.BootCpuidPhys);
        DeviceTreeFields.SizeDtStrings.Write(blob, (uint)blocks[(int)DeviceTreeBlock.Strings].Length);
        if (_layout.Version >= 17)
        {
            DeviceTreeFields.SizeDtStruct.Write(blob, (uint)blocks[(int)DeviceTreeBlock.Structure].Length);
        }
    }

    private static byte[] Reservations(IEnumerable<PhysicalRange> all)
    {
        // An empty range reserves nothing, and would end the block: libfdt and Linux go by the size alone.
        List<PhysicalRange> ranges = [.. all.Where(r => !r.IsEmpty)];
        byte[] block = new byte[(ranges.Count + 1) * DeviceTreeFields.ReserveEntrySize];
        for (int i = 0; i < ranges.Count; i++)
        {
            Span<byte> entry = block.AsSpan(i * DeviceTreeFields.ReserveEntrySize);
            DeviceTreeFields.Address.Write(entry, ranges[i].Start.Value);
            DeviceTreeFields.Size.Write(entry, ranges[i].Length);
        }

        return block;
    }

    private void WriteNode(DeviceNode node)
    {
        WriteToken(DeviceTreeFields.BeginNode);
        _structure.Write(Encoding.ASCII.GetBytes(node.Name));
        _structure.WriteByte(0);
        Pad(node.Padding.Span);
        foreach (DeviceProperty property in node.Properties)
        {
            WriteToken(DeviceTreeFields.Prop);
            WriteToken((uint)property.Value.Length);
            WriteToken((uint)OffsetOf(property));
            _structure.Write(property.Value.Span);
            Pad(property.Padding.Span);
        }

        // As deep as a tree can be, which is not deep.
        foreach (DeviceNode child in node.Children)
        {
            WriteNode(child);
        }

        WriteToken(DeviceTreeFields.EndNode);
    }

    private void Pad(ReadOnlySpan<byte> padding)
    {
        int length = (int)(-_structure.Length & (DeviceTreeFields.TokenAlignment - 1));
        Span<byte> bytes = stackalloc byte[DeviceTreeFields.TokenAlignment];
        padding.CopyTo(bytes);
        _structure.Write(bytes[..length]);
    }

    private void WriteToken(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        _structure.Write(bytes);
    }

    /// <summary>
    /// Where the property's name is in the strings block: where it was, else where it is found, be it as the end of
    /// another name, else at the end.
    /// </summary>
    private int OffsetOf(DeviceProperty property)
    {
        byte[] name = [.. Encoding.ASCII.GetBytes(property.Name), 0];
        if (property.NameOffset is { } kept && kept < _layout.Strings.Length
            && _layout.Strings.Span[kept..].StartsWith(name))
        {
            return kept;
        }

        if (_offsets.TryGetValue(property.Name, out int known))
        {
            return known;
        }

        int offset = _strings.GetBuffer().AsSpan(0, (int)_strings.Length).IndexOf(name);
        if (offset < 0)
        {
            offset = (int)_strings.Length;
            _strings.Write(name);
        }

        _offsets.Add(property.Name, offset);
        return offset;
    }
}
