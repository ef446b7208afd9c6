using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>
/// The crossing into a Linux kernel by the 64-bit boot protocol (Documentation/arch/x86/boot.rst, "64-bit Boot
/// Protocol"): long mode, memory mapped to itself, flat <c>__BOOT_CS</c> and <c>__BOOT_DS</c>, interrupts off, RSI
/// with the address of boot_params. Registers that the protocol does not name are zero.
/// </summary>
public static class LinuxX64Trampoline
{
    /// <summary>The size of the trampoline in bytes, whole pages, before its place is known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The set holds an address of more than 52 bits.</exception>
    public static ulong Measure(RangeSet identity, bool gigabytePages) =>
        LongModeCrossing.Measure(identity, new PagingOptions(gigabytePages));

    /// <summary>Makes the trampoline.</summary>
    /// <exception cref="ArgumentException">Its place is no page boundary, above 4 GiB, or not mapped.</exception>
    public static TrampolineImage Build(TrampolineRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return LongModeCrossing.Build(new LongModeCrossingRequest
        {
            Base = request.Base,
            Identity = request.Identity,
            Paging = new PagingOptions(request.GigabytePages),
            Keeps5Level = request.KernelTakes5Level,
            Entry = request.Entry,
            Registers = new Dictionary<Reg64, ulong> { [Reg64.Rsi] = request.BootParams.Value },
        });
    }
}
