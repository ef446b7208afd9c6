using Baton.Formats.Elf;
using Baton.Proofs;

namespace Baton.Protocols.FreeBsd.Clauses;

/// <summary>Whether the kernel is where it is linked.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="source">The document that demands it.</param>
internal sealed class KernelClauses(FreeBsdRequest request, string source)
{
    public IEnumerable<Clause<ArrivedPreload>> All =>
    [
        new(
            "kernel-bytes",
            "Through the kernel's mapping, each load segment of it is where it is linked, byte for byte.",
            source,
            KernelBytes),
        new("bss", "What the load segments have beyond the file is zero.", source, Bss),
    ];

    private Verdict KernelBytes(ArrivedPreload preload)
    {
        foreach (ElfSegment load in request.Kernel.Loads)
        {
            ulong address = preload.Told(load.VirtualAddress);
            ulong length = (ulong)load.FileSize;
            if (length > 0 && (!preload.IsLoaded(address, length) || preload.Physical(address) is not { } physical
                || !preload.Same(physical, request.Kernel.Elf.Source, load.Offset, length)))
            {
                return Verdict.Broken($"0x{length:x} bytes at 0x{address:x} are not the file's");
            }
        }

        return Verdict.Kept($"{request.Kernel.Loads.Count} load segments");
    }

    private Verdict Bss(ArrivedPreload preload)
    {
        ulong bytes = 0;
        foreach (ElfSegment load in request.Kernel.Loads)
        {
            ulong address = preload.Told(load.VirtualAddress + (ulong)load.FileSize);
            ulong length = load.MemorySize - (ulong)load.FileSize;
            if (length > 0 && (!preload.IsLoaded(address, length) || preload.Physical(address) is not { } physical
                || !preload.IsZero(physical, length)))
            {
                return Verdict.Broken($"0x{length:x} bytes at 0x{address:x} are not zero");
            }

            bytes += length;
        }

        return Verdict.Kept($"0x{bytes:x} bytes");
    }
}
