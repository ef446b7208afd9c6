using System.Buffers.Binary;
using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>What the crossing into a FreeBSD kernel on amd64 needs to know.</summary>
public sealed record FreeBsdX64TrampolineRequest
{
    /// <summary>Where it will lie: a page boundary, all of it below 4 GiB.</summary>
    public required PhysicalAddress Base { get; init; }

    /// <summary>
    /// What KERNBASE leads to, a multiple of 2 MiB: the kernel, linked 2 MiB above KERNBASE, lies 2 MiB above this. 0 for a
    /// kernel that cannot be moved.
    /// </summary>
    public required PhysicalAddress Staging { get; init; }

    /// <summary>The linear address of the kernel's entry, <c>btext</c>.</summary>
    public required ulong Entry { get; init; }

    /// <summary>Where the metadata chain is, in bytes above KERNBASE.</summary>
    public required uint ModuleP { get; init; }

    /// <summary>The end of what was preloaded, in bytes above KERNBASE.</summary>
    public required uint KernEnd { get; init; }

    /// <summary>Memory that is copied on the way; null for none.</summary>
    public PhysicalRange? CopyFrom { get; init; }

    /// <summary>Where it is copied to.</summary>
    public PhysicalAddress CopyTo { get; init; }
}

/// <summary>
/// The crossing into a FreeBSD kernel on amd64: 4-level paging with the lowest 4 GiB mapped to themselves and the kernel
/// at KERNBASE, both in pages of 2 MiB, and a stack on which the kernel finds modulep and kernend. No interrupt waits for it:
/// it has no handlers for Linux's vectors.
/// </summary>
public static class FreeBsdX64Trampoline
{
    /// <summary>Where the kernel's address space starts.</summary>
    public const ulong KernBase = 0xffff_ffff_8000_0000;

    /// <summary>Bytes of a page of a directory.</summary>
    public const ulong LargePage = 0x20_0000;

    /// <summary>Bytes of the whole trampoline: code, stack, interrupt table, page tables.</summary>
    public const ulong Length = TablesOffset + (Tables * Page);

    private const ulong Page = PageTables.PageSize;
    private const ulong StackEnd = 2 * Page;
    private const ulong TablesOffset = StackEnd + InterruptDrain.TableLength;
    private const int Entries = 512;

    /// <summary>PML5, PML4, two tables of pointers, four directories for 4 GiB, two for what is above KERNBASE.</summary>
    private const int Tables = 10;
    private const int Pml5 = 0;
    private const int Pml4 = 1;
    private const int LowPointers = 2;
    private const int HighPointers = 3;
    private const int LowDirectories = 4;
    private const int HighDirectories = 8;

    /// <summary>The top entry of PML4, and the last two of its pointers, are for the highest 2 GiB.</summary>
    private const int TopEntry = 511;
    private const int KernBaseEntry = 510;

    private const ulong Link = 0x3;
    private const ulong Leaf = 0x83;

    /// <summary>A return address that is none, modulep, kernend, and 4 bytes of nothing.</summary>
    private const int FrameSize = 16;

    /// <summary>Makes the trampoline.</summary>
    /// <exception cref="ArgumentException">Its place is no page boundary or above 4 GiB, or staging is not aligned.</exception>
    public static ReadOnlyMemory<byte> Build(FreeBsdX64TrampolineRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        PhysicalRange place = new(request.Base, Length);
        if (!place.Start.IsAligned(Page) || place.End > PhysicalAddress.FourGiB)
        {
            throw new ArgumentException(
                $"a trampoline cannot lie at {place}: it must start on a page boundary and end below 4 GiB", nameof(request));
        }

        if (!request.Staging.IsAligned(LargePage))
        {
            throw new ArgumentException($"staging at {request.Staging} is no multiple of 2 MiB", nameof(request));
        }

        if (request.CopyFrom is { } from
            && (from.End > PhysicalAddress.FourGiB || request.CopyTo + from.Length > PhysicalAddress.FourGiB))
        {
            throw new ArgumentException(
                $"{from} cannot be copied to {request.CopyTo}: only the lowest 4 GiB are mapped", nameof(request));
        }

        byte[] bytes = new byte[Length];
        PhysicalAddress frame = request.Base + (StackEnd - FrameSize);
        LongModeCrossing.Assemble(new LongModeCrossingCode
        {
            Base = request.Base,
            StackTop = frame,
            Root4 = TableAt(request.Base, Pml4),
            Root5 = TableAt(request.Base, Pml5),
            Keeps5Level = false,
            Entry = request.Entry,
            InterruptTable = request.Base + StackEnd,
            CopyFrom = request.CopyFrom,
            CopyTo = request.CopyTo,
            Registers = new Dictionary<Reg64, ulong>(),
        }, bytes.AsSpan((int)StackEnd, InterruptDrain.TableLength)).CopyTo(bytes, 0);
        Span<byte> arguments = bytes.AsSpan((int)(frame - request.Base));
        BinaryPrimitives.WriteUInt32LittleEndian(arguments[4..], request.ModuleP);
        BinaryPrimitives.WriteUInt32LittleEndian(arguments[8..], request.KernEnd);
        WriteTables(bytes.AsSpan((int)TablesOffset), request);
        return bytes;
    }

    private static void WriteTables(Span<byte> tables, FreeBsdX64TrampolineRequest request)
    {
        Write(tables, Pml5, 0, TableAt(request.Base, Pml4).Value | Link);
        Write(tables, Pml4, 0, TableAt(request.Base, LowPointers).Value | Link);
        Write(tables, Pml4, TopEntry, TableAt(request.Base, HighPointers).Value | Link);
        for (int i = 0; i < HighDirectories - LowDirectories; i++)
        {
            Write(tables, LowPointers, i, TableAt(request.Base, LowDirectories + i).Value | Link);
        }

        for (int i = 0; i < Tables - HighDirectories; i++)
        {
            Write(tables, HighPointers, KernBaseEntry + i, TableAt(request.Base, HighDirectories + i).Value | Link);
        }

        for (int i = 0; i < (HighDirectories - LowDirectories) * Entries; i++)
        {
            Write(tables, LowDirectories, i, ((ulong)i * LargePage) | Leaf);
        }

        // The lowest 2 MiB above KERNBASE are the BIOS's data area wherever the kernel lies: old kernels write there.
        Write(tables, HighDirectories, 0, Leaf);
        for (int i = 1; i < (Tables - HighDirectories) * Entries; i++)
        {
            Write(tables, HighDirectories, i, (request.Staging.Value + ((ulong)i * LargePage)) | Leaf);
        }
    }

    /// <summary>Writes an entry; one behind a table's last is the next table's.</summary>
    private static void Write(Span<byte> tables, int table, int entry, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(tables[((table * (int)Page) + (entry * sizeof(ulong)))..], value);

    private static PhysicalAddress TableAt(PhysicalAddress start, int table) =>
        start + (TablesOffset + ((ulong)table * Page));
}
