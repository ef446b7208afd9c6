using System.Buffers.Binary;
using System.Text;
using Baton.Bytes;

namespace Baton.Formats.DeviceTrees;

/// <summary>A node of a device tree: properties and nodes by name, both in the order of the blob.</summary>
public sealed class DeviceNode
{
    private readonly List<DeviceProperty> _properties = [];
    private readonly List<DeviceNode> _children = [];

    internal DeviceNode(string name, DeviceNode? parent, ImageLocation where)
    {
        Name = name;
        Parent = parent;
        Where = where;
    }

    /// <summary>The name with its unit address, <c>memory@40000000</c>; empty for the root.</summary>
    public string Name { get; }

    /// <summary>The name up to the unit address: <c>memory</c>.</summary>
    public string BaseName => Name.IndexOf('@', StringComparison.Ordinal) is int at and >= 0 ? Name[..at] : Name;

    /// <summary>The path from the root: <c>/soc/serial@9000000</c>; <c>/</c> for the root.</summary>
    public string Path => Parent is null ? "/" : Parent.Parent is null ? $"/{Name}" : $"{Parent.Path}/{Name}";

    /// <summary>Where it was read; offset 0 when it was added.</summary>
    public ImageLocation Where { get; }

    public IReadOnlyList<DeviceProperty> Properties => _properties;

    public IReadOnlyList<DeviceNode> Children => _children;

    /// <summary>Whether the device may be used: there is no status, or it says so. Specification: section 2.3.4.</summary>
    public bool IsAvailable => Property("status") is not { } status || status.Text is "okay" or "ok";

    /// <summary>Whether the device is said to be compatible with a binding.</summary>
    public bool IsCompatible(string binding) =>
        Property("compatible")?.Strings is { } strings && strings.Contains(binding, StringComparer.Ordinal);

    /// <summary>The bytes behind the name, up to the next token: not always zeros, and kept as they are.</summary>
    internal ReadOnlyMemory<byte> Padding { get; init; }

    /// <summary>The node that this one is in; null for the root, and for a node that was deleted.</summary>
    internal DeviceNode? Parent { get; private set; }

    /// <summary>The node itself, and all below it, each before its children.</summary>
    public IEnumerable<DeviceNode> Subtree()
    {
        Stack<DeviceNode> open = new([this]);
        while (open.TryPop(out DeviceNode? node))
        {
            yield return node;
            for (int i = node._children.Count - 1; i >= 0; i--)
            {
                open.Push(node._children[i]);
            }
        }
    }

    /// <summary>The property of a name; null when there is none.</summary>
    public DeviceProperty? Property(string name) => _properties.Find(p => p.Name == name);

    /// <summary>
    /// The child of a name. A name without a unit address also finds a child that has one, if it is the only such.
    /// </summary>
    /// <returns>Null when there is none, or more than one that could be meant.</returns>
    public DeviceNode? Child(string name)
    {
        if (_children.Find(c => c.Name == name) is { } exact || name.Contains('@', StringComparison.Ordinal))
        {
            return _children.Find(c => c.Name == name);
        }

        List<DeviceNode> alike = _children.FindAll(c => c.BaseName == name);
        return alike.Count == 1 ? alike[0] : null;
    }

    /// <summary>Sets a property: where it is when there is one of the name, else behind the others.</summary>
    /// <exception cref="ArgumentException">The name is none that a property can have.</exception>
    public DeviceProperty Set(string name, ReadOnlyMemory<byte> value)
    {
        DeviceTreeNames.CheckProperty(name);
        int index = _properties.FindIndex(p => p.Name == name);
        DeviceProperty property = new(name, value, Where with { Field = name })
        {
            NameOffset = index < 0 ? null : _properties[index].NameOffset,
        };
        if (index < 0)
        {
            _properties.Add(property);
        }
        else
        {
            _properties[index] = property;
        }

        return property;
    }

    /// <summary>Sets a property without a value: its presence is its meaning.</summary>
    public DeviceProperty SetEmpty(string name) => Set(name, default);

    /// <summary>Sets a property to cells.</summary>
    public DeviceProperty SetCells(string name, params ReadOnlySpan<uint> cells)
    {
        byte[] value = new byte[cells.Length * 4];
        for (int i = 0; i < cells.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(i * 4), cells[i]);
        }

        return Set(name, value);
    }

    /// <summary>Sets a property to a number of two cells.</summary>
    public DeviceProperty SetU64(string name, ulong number)
    {
        byte[] value = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, number);
        return Set(name, value);
    }

    /// <summary>Sets a property to strings, each with a NUL behind it.</summary>
    /// <exception cref="ArgumentException">A string has a NUL in it.</exception>
    public DeviceProperty SetStrings(string name, params IEnumerable<string> strings)
    {
        string joined = string.Concat(strings.Select(s => s.Contains('\0', StringComparison.Ordinal)
            ? throw new ArgumentException($"a string of {name} has a NUL in it", nameof(strings))
            : s + "\0"));
        return Set(name, Encoding.UTF8.GetBytes(joined));
    }

    /// <summary>Sets <c>reg</c>, or another property of that form, with the cells that the parent prescribes.</summary>
    /// <exception cref="ArgumentException">A number does not fit into the cells that the parent prescribes.</exception>
    /// <exception cref="ImageFormatException">The parent's numbers of cells are out of range.</exception>
    public DeviceProperty SetReg(string name, params IEnumerable<DeviceRange> ranges)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        List<uint> cells = [];
        foreach (DeviceRange range in ranges)
        {
            CellReader.Append(cells, range.Address, Parent.AddressCellsOrDefault());
            CellReader.Append(cells, range.Size, Parent.SizeCellsOrDefault());
        }

        return SetCells(name, [.. cells]);
    }

    /// <summary>Removes a property.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(string name) => _properties.RemoveAll(p => p.Name == name) > 0;

    /// <summary>Adds a node behind the others.</summary>
    /// <exception cref="ArgumentException">
    /// The name is none that a node can have, there is one of it already, or the tree would become too deep.
    /// </exception>
    public DeviceNode Add(string name)
    {
        DeviceTreeNames.CheckNode(name);
        if (_children.Exists(c => c.Name == name))
        {
            throw new ArgumentException($"{Path} has a node {name} already", nameof(name));
        }

        int depth = 1;
        for (DeviceNode? node = this; node is not null; node = node.Parent)
        {
            depth++;
        }

        if (depth > DeviceTree.Deepest)
        {
            throw new ArgumentException($"{Path}/{name} would be deeper than {DeviceTree.Deepest} levels", nameof(name));
        }

        return Append(name, Where with { Field = name });
    }

    /// <summary>The child of exactly this name, added when there is none.</summary>
    public DeviceNode GetOrAdd(string name) => _children.Find(c => c.Name == name) ?? Add(name);

    /// <summary>Deletes a child, and all below it.</summary>
    /// <returns>Whether it was one.</returns>
    public bool Delete(DeviceNode child)
    {
        ArgumentNullException.ThrowIfNull(child);
        bool removed = _children.Remove(child);
        if (removed)
        {
            child.Parent = null;
        }

        return removed;
    }

    /// <summary>Makes the exception for a node that is not what its binding says.</summary>
    public ImageFormatException Fault(ImageError error, string problem) => new(error, Where, problem);

    public override string ToString() => Path;

    internal void Append(DeviceProperty property) => _properties.Add(property);

    internal DeviceNode Append(string name, ImageLocation where, ReadOnlyMemory<byte> padding = default)
    {
        DeviceNode node = new(name, this, where) { Padding = padding };
        _children.Add(node);
        return node;
    }
}
