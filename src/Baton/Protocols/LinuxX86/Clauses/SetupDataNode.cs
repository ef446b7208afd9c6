using System.Buffers.Binary;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Proofs.X64;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>A node of the setup_data list as the kernel would find it.</summary>
/// <param name="Address">The node's physical address.</param>
/// <param name="Type">What its data is.</param>
/// <param name="Length">Bytes of the data behind the node's header of 16.</param>
internal sealed record SetupDataNode(ulong Address, uint Type, uint Length)
{
    /// <summary>More nodes than any loader makes: the list runs in a circle.</summary>
    private const int Most = 32;

    /// <summary>The physical address of the data.</summary>
    public ulong Data => unchecked(Address + SetupData.HeaderSize);

    /// <summary>Follows the list from boot_params on; ends at a node that is not in memory, or after 32.</summary>
    public static IEnumerable<SetupDataNode> Walk(X64Arrival arrival)
    {
        ulong at = SetupFields.SetupData.Read(new ByteView(LinuxX86Contract.ReadBootParams(arrival), "boot_params"));
        for (int i = 0; at != 0 && i < Most; i++)
        {
            byte[] header = arrival.Read(at, SetupData.HeaderSize);
            SetupDataNode node = new(
                at,
                BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)),
                BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)));
            yield return node;
            at = BinaryPrimitives.ReadUInt64LittleEndian(header);
        }
    }
}
