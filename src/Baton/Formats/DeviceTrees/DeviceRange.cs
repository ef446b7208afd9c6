namespace Baton.Formats.DeviceTrees;

/// <summary>
/// An address and a size of a <c>reg</c> property, in the address space of the bus that the node is on. Up to four cells
/// each; a PCI bus takes three for an address. Specification: section 2.3.6.
/// </summary>
public sealed record DeviceRange(UInt128 Address, UInt128 Size)
{
    public override string ToString() => $"0x{Address:x} size 0x{Size:x}";
}

/// <summary>An entry of a <c>ranges</c> property: a window onto the bus above. Specification: section 2.3.8.</summary>
/// <param name="ChildAddress">Where the window is in the address space of the node's children.</param>
/// <param name="ParentAddress">Where it is in the address space of the node's parent.</param>
/// <param name="Size">Bytes of it.</param>
public readonly record struct BusWindow(UInt128 ChildAddress, UInt128 ParentAddress, UInt128 Size)
{
    public override string ToString() => $"0x{ChildAddress:x} at 0x{ParentAddress:x} size 0x{Size:x}";
}
