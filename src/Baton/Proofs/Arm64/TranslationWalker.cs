namespace Baton.Proofs.Arm64;

/// <summary>Walks translation tables: 4 KiB granule, up to 48 bits, levels 0 to 3 (D8 of the manual).</summary>
/// <param name="memory">Where the tables are.</param>
/// <param name="caches">Whether a descriptor that is read there is the newest.</param>
internal sealed class TranslationWalker(PhysicalMemory memory, CacheModel caches)
{
    private const int PageBits = 12;
    private const int LevelBits = 9;
    private const int LastLevel = 3;
    private const int PhysicalBits = 48;
    private const ulong AddressMask = (1UL << PhysicalBits) - (1UL << PageBits);

    /// <summary>Translates the page of an address.</summary>
    /// <param name="regime">The translation regime.</param>
    /// <param name="address">The virtual address.</param>
    /// <param name="fault">Why it cannot be translated.</param>
    /// <param name="lines">Takes a line for each step; null when nobody reads them.</param>
    /// <exception cref="StaleTableException">A descriptor may be older than what was last written.</exception>
    /// <exception cref="NotSupportedException">The tables have a form that is not simulated.</exception>
    /// <exception cref="MemoryFaultException">A descriptor is outside memory or unwritten.</exception>
    public Translation Translate(TranslationRegime regime, ulong address, out TranslationFault? fault, List<string>? lines)
    {
        fault = null;
        bool isUpper = regime.HasUpperHalf && (address >> 55 & 1) != 0;
        ulong top = !regime.IgnoresTopByte(isUpper)
            ? address
            : isUpper ? address | (0xffUL << 56) : address & (ulong.MaxValue >> 8);
        if (!regime.IsOn)
        {
            // With TBI the top byte goes first; what is left must be a physical address.
            ulong physical = regime.IgnoresTopByte(isUpper) ? address & (ulong.MaxValue >> 8) : address;
            lines?.Add($"the MMU is off: physical 0x{physical:x}");
            if (physical >> PhysicalBits != 0)
            {
                fault = new((int)FaultStatus.AddressSize, $"0x{address:x} has more than {PhysicalBits} bits");
                return default;
            }

            return new(physical >> PageBits, true, true, true, IsDevice: true, IsCacheable: false, 0);
        }

        int half = isUpper ? 16 : 0;
        int inputBits = 64 - (int)(regime.Tcr >> half & 0x3f);
        int granule = (int)(regime.Tcr >> (isUpper ? 30 : 14) & 3);
        ulong table = isUpper ? regime.UpperTable : regime.LowerTable;
        lines?.Add($"{(isUpper ? "TTBR1" : "TTBR0")}_EL{regime.Level} = 0x{table:x}, {inputBits} bits of address");
        if (granule != (isUpper ? 2 : 0))
        {
            throw new NotSupportedException("translation tables with a granule other than 4 KiB");
        }

        if (inputBits is > PhysicalBits or < 25)
        {
            throw new NotSupportedException($"translation of addresses of {inputBits} bits");
        }

        ulong rest = top >> inputBits;
        if (rest != (isUpper ? ulong.MaxValue >> inputBits : 0))
        {
            fault = new((int)FaultStatus.Translation, $"0x{address:x} is outside the {inputBits} bits of TCR_EL{regime.Level}");
            return default;
        }

        if (regime.HasUpperHalf && (regime.Tcr >> (isUpper ? 23 : 7) & 1) != 0)
        {
            fault = new((int)FaultStatus.Translation, $"TCR_EL{regime.Level} turns walks for 0x{address:x} off");
            return default;
        }

        return Walk(regime, top, isUpper, inputBits, table, out fault, lines);
    }

    private Translation Walk(
        TranslationRegime regime, ulong address, bool isUpper, int inputBits, ulong table, out TranslationFault? fault,
        List<string>? lines)
    {
        fault = null;
        int level = LastLevel + 1 - ((inputBits - PageBits + LevelBits - 1) / LevelBits);
        int firstBits = inputBits - ShiftOf(level);
        ulong at = table & ((1UL << PhysicalBits) - 1) & ~((8UL << firstBits) - 1);
        bool isCacheable = regime.DataCache && (regime.Tcr >> (isUpper ? 24 : 8) & 3) is 1 or 3;
        if (at >> regime.OutputBits != 0)
        {
            fault = new((int)FaultStatus.AddressSize, $"the table at 0x{at:x} is above the {regime.OutputBits} bits of TCR");
            return default;
        }

        ulong tableRights = 0;
        for (; ; level++)
        {
            int shift = ShiftOf(level);
            int bits = Math.Min(LevelBits, inputBits - shift);
            ulong index = address >> shift & ((1UL << bits) - 1);
            ulong descriptorAddress = at + (index * 8);
            ulong descriptor = Read(descriptorAddress, isCacheable);
            lines?.Add($"level {level}: [0x{descriptorAddress:x}] = 0x{descriptor:x}, {Describe(descriptor, level)}");
            bool isTable = level < LastLevel && (descriptor & 3) == 3;
            bool isLeaf = level == LastLevel ? (descriptor & 3) == 3 : level > 0 && (descriptor & 3) == 1;
            if (!isTable && !isLeaf)
            {
                fault = new((int)FaultStatus.Translation + level, $"the level {level} descriptor 0x{descriptor:x} is invalid");
                return default;
            }

            ulong output = descriptor & AddressMask & ~((1UL << (isLeaf ? shift : PageBits)) - 1);
            if (output >> regime.OutputBits != 0)
            {
                fault = new(
                    (int)FaultStatus.AddressSize + level,
                    $"the level {level} descriptor leads to 0x{output:x}, above the {regime.OutputBits} bits of TCR");
                return default;
            }

            if (isLeaf)
            {
                ulong physical = output | (address & ((1UL << shift) - 1));
                return Leaf(regime, isUpper, descriptor, tableRights, physical, level, out fault);
            }

            tableRights |= descriptor;
            at = output;
        }
    }

    private static Translation Leaf(
        TranslationRegime regime, bool isUpper, ulong descriptor, ulong tableRights, ulong physical, int level,
        out TranslationFault? fault)
    {
        fault = null;
        if ((descriptor >> 10 & 1) == 0)
        {
            fault = new((int)FaultStatus.AccessFlag + level, $"the access flag of the level {level} descriptor is clear");
            return default;
        }

        if (regime.HasUpperHalf && (regime.Tcr >> (isUpper ? 42 : 41) & 1) != 0)
        {
            tableRights = 0;
        }

        // AP[1] opens a page to EL0, AP[2] closes it to writes; the tables above can only take away.
        bool isForEl0 = regime.HasUpperHalf && (descriptor >> 6 & 1) != 0 && (tableRights >> 61 & 1) == 0;
        bool isWritable = (descriptor >> 7 & 1) == 0 && (tableRights >> 62 & 1) == 0;
        bool never = regime.HasUpperHalf
            ? (descriptor >> 53 & 1) != 0 || (tableRights >> 59 & 1) != 0
            : (descriptor >> 54 & 1) != 0 || (tableRights >> 60 & 1) != 0;
        bool isExecutable = !never && !(isForEl0 && isWritable) && !(isWritable && regime.WritableIsNotExecutable);
        bool isReadable = regime.IsUnprivileged ? isForEl0 : !(isForEl0 && regime.PrivilegedAccessNever);
        int attribute = (int)(regime.Mair >> (int)((descriptor >> 2 & 7) * 8) & 0xff);
        bool isDevice = attribute >> 4 == 0;
        bool isCacheable = !isDevice && (attribute & 0xf) != 4 && attribute >> 4 != 4 && regime.DataCache;
        return new(physical >> PageBits, isReadable, isReadable && isWritable, isExecutable, isDevice, isCacheable, level);
    }

    private ulong Read(ulong address, bool isCacheable)
    {
        CachePage page = caches.Page(address >> PageBits);
        ulong line = 1UL << (int)((address >> 6) & 63);
        if (((isCacheable ? page.Behind : page.Dirty) & line) != 0)
        {
            throw new StaleTableException(address, isCacheable);
        }

        return memory.Read(address, 8);
    }

    private static string Describe(ulong descriptor, int level) => (descriptor & 3) switch
    {
        3 when level < LastLevel => $"a table at 0x{descriptor & AddressMask:x}",
        3 => $"a page at 0x{descriptor & AddressMask:x}",
        1 when level is 1 or 2 => $"a block at 0x{descriptor & AddressMask & ~((1UL << ShiftOf(level)) - 1):x}",
        _ => "invalid",
    };

    private static int ShiftOf(int level) => PageBits + (LevelBits * (LastLevel - level));
}
