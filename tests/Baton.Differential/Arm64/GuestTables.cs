using System.Buffers.Binary;

namespace Baton.Differential.Arm64;

/// <summary>
/// The translation tables of the judge: RAM one to one, and the windows and the code once more under each attribute that
/// matters. All of it is in the gigabyte from 0x40000000 of the lower half, and of the upper half too.
/// </summary>
internal sealed class GuestTables
{
    private const int TableSize = 4096;
    private const ulong Valid = 1;
    private const ulong TableOrPage = 3;
    private const ulong AccessFlag = 1UL << 10;
    private const ulong InnerShareable = 3UL << 8;
    private const ulong ReadOnly = 1UL << 7;
    private const ulong ForEl0 = 1UL << 6;
    private const ulong Device = 1UL << 2;
    private const ulong NonCacheable = 2UL << 2;
    private const ulong AboveOutput = 1UL << 41;
    private const int BlockShift = 21;

    private readonly byte[] _bytes = new byte[GuestLayout.TablesSize];
    private readonly ulong _always;
    private readonly ulong _never;
    private int _tables;

    public GuestTables(MachineConfiguration configuration)
    {
        bool isEl2 = !configuration.HasTwoHalves;
        _always = AccessFlag | InnerShareable | (isEl2 ? ForEl0 : 0);
        _never = isEl2 ? 1UL << 54 : 1UL << 53;
        int top = NewTable();
        int second = NewTable();
        int third = NewTable();
        Set(top, 0, Address(second) | TableOrPage);
        Set(second, 1, Address(third) | TableOrPage);
        for (int i = 0; i < 32; i++)
        {
            Set(third, i, (GuestLayout.Ram + ((ulong)i << BlockShift)) | _always | Valid);
        }

        int plain = Pages(third, DataAliases[0], 0, 1);
        Pages(third, DataAliases[1], ReadOnly, 1);
        Pages(third, DataAliases[2], Device, 1);
        Pages(third, DataAliases[3], AccessFlag, 1);
        Pages(third, DataAliases[4], 0, 2);
        Pages(third, DataAliases[5], NonCacheable, 1);
        Pages(third, DataAliases[6], isEl2 ? 0 : ForEl0, 1);
        Block(third, DataAliases[7], GuestLayout.Windows | _always);
        Block(third, DataAliases[8], GuestLayout.Windows | _always | ReadOnly);
        Block(third, DataAliases[9], (GuestLayout.Windows | _always) & ~AccessFlag);
        Block(third, DataAliases[10], GuestLayout.Windows | _always | AboveOutput);
        Set(third, DataAliases[11], Address(plain) | (1UL << 62) | TableOrPage);
        Block(third, CodeAliases[0], GuestLayout.Code | _always | _never);
        Block(third, CodeAliases[1], GuestLayout.Code | _always | (isEl2 ? 0 : ForEl0));
        Block(third, CodeAliases[2], GuestLayout.Code | _always | ReadOnly);
        Top = Address(top);
        Second = Address(second);
    }

    /// <summary>Slots of 2 MiB that show the windows; the last has nothing behind it.</summary>
    public static IReadOnlyList<int> DataAliases { get; } = [64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 80];

    /// <summary>Slots of 2 MiB that show the code.</summary>
    public static IReadOnlyList<int> CodeAliases { get; } = [77, 78, 79];

    /// <summary>The bytes for <see cref="GuestLayout.Tables"/>.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The table of level 0.</summary>
    public ulong Top { get; }

    /// <summary>The table of level 1.</summary>
    public ulong Second { get; }

    /// <summary>The table with which a walk of so many bits starts.</summary>
    public ulong For(int bits) => bits > 39 ? Top : Second;

    /// <summary>The virtual address of a slot.</summary>
    public static ulong Address2MiB(int slot) => GuestLayout.Ram + ((ulong)slot << BlockShift);

    private int Pages(int parent, int slot, ulong change, int stride)
    {
        int table = NewTable();
        for (int i = 0; i < 512; i += stride)
        {
            ulong page = GuestLayout.Windows + ((ulong)i * TableSize);
            Set(table, i, (page | _always | TableOrPage) ^ change);
        }

        Set(parent, slot, Address(table) | TableOrPage);
        return table;
    }

    private void Block(int parent, int slot, ulong descriptor) => Set(parent, slot, descriptor | Valid);

    private int NewTable() => _tables++;

    private static ulong Address(int table) => GuestLayout.Tables + ((ulong)table * TableSize);

    private void Set(int table, int index, ulong descriptor) => BinaryPrimitives.WriteUInt64LittleEndian(
        _bytes.AsSpan((table * TableSize) + (index * 8)), descriptor);
}
