using static Baton.Differential.GuestLayout;

namespace Baton.Differential;

/// <summary>The memory that cases start from: data pages of chosen randomness, code areas of INT3, tables.</summary>
public sealed class GuestMemory
{
    private readonly List<(long Start, byte[] Bytes)> _areas = [];

    /// <param name="seed">Chooses the data.</param>
    /// <param name="gdt">The page of the descriptor table as the guest has it.</param>
    public GuestMemory(ulong seed, byte[] gdt)
    {
        SplitMix64 random = new(seed);
        foreach (long address in new[] { LowData, FirstData, SecondData, Stack })
        {
            _areas.Add((address, Data(random)));
        }

        _areas.Add((LowCodeArea, Filled(LowCodeAreaSize)));
        _areas.Add((CodeArea, Filled(CodeAreaSize)));
        _areas.Add((GuestLayout.PageTables, Differential.PageTables.Build()));
        _areas.Add((Gdt, gdt));
    }

    /// <summary>Everything that is known, with its physical address.</summary>
    public IReadOnlyList<(long Start, byte[] Bytes)> Areas => _areas;

    /// <summary>Bytes of one area.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are in none.</exception>
    public ReadOnlySpan<byte> Span(long address, int length)
    {
        foreach ((long start, byte[] bytes) in _areas)
        {
            if (address >= start && address + length <= start + bytes.Length)
            {
                return bytes.AsSpan((int)(address - start), length);
            }
        }

        throw new ArgumentOutOfRangeException(nameof(address), $"no area holds {length} bytes at 0x{address:x}");
    }

    private static byte[] Filled(int length)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, (byte)0xCC);
        return bytes;
    }

    // Runs of one byte let repeated comparisons go on for a while; small numbers make divisions that do not overflow.
    private static byte[] Data(SplitMix64 random)
    {
        byte[] bytes = new byte[PageSize];
        for (int i = 0; i < bytes.Length;)
        {
            int end = Math.Min(bytes.Length, i + 8 + random.Below(120));
            int kind = random.Below(4);
            byte fill = kind == 1 ? (byte)(random.Percent(50) ? 0 : 0xFF) : (byte)random.Next();
            for (; i < end; i++)
            {
                bytes[i] = kind switch
                {
                    0 or 1 => fill,
                    2 => (byte)(random.Percent(70) ? 0 : random.Below(128)),
                    _ => (byte)random.Next(),
                };
            }
        }

        return bytes;
    }
}
