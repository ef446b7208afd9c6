using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>Where a relocator lies and what it works on.</summary>
public sealed record RelocatorRequest
{
    /// <summary>Where it will lie: a page boundary, all of it below 4 GiB.</summary>
    public required PhysicalAddress Base { get; init; }

    /// <summary>What its page tables map: itself, the page list, and every page that is moved, before and behind.</summary>
    public required RangeSet Identity { get; init; }

    public required PagingOptions Paging { get; init; }

    /// <summary>The first word of the page list (docs/gather.md).</summary>
    public required PhysicalAddress List { get; init; }

    /// <summary>Where it jumps when the list is done: the handoff's entry, as kexec would have jumped to it.</summary>
    public required PhysicalAddress Next { get; init; }
}

/// <summary>
/// The program that kexec enters when the image was left in the pages of a process: it walks a page list, moves the
/// pages to where the handoff wants them, and jumps to the handoff's entry. It runs with descriptor tables, page tables
/// and a stack of its own, because kexec's own page tables may lie where pages are moved to.
/// </summary>
public static class Relocator
{
    private const ulong PageSize = PageTables.PageSize;

    /// <summary>Code and constants take one page, the stack another, the spare page is the third.</summary>
    private const ulong TablesOffset = 3 * PageSize;

    private const int PageShift = 12;

    /// <summary>The bits of an entry above the address count pages, less one.</summary>
    private const int CountShift = 52;
    private const int BitsAbove = 64 - CountShift;
    private const int WordsPerPage = (int)PageSize / sizeof(ulong);

    /// <summary>The page in which a cycle of moves is broken, from the relocator's start.</summary>
    public static ulong SpareOffset => 2 * PageSize;

    /// <summary>The size in bytes, whole pages, before the place is known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The set holds an address of more than 52 bits.</exception>
    public static ulong Measure(RangeSet identity, PagingOptions paging) =>
        TablesOffset + (PageTables.PagesFor(identity, paging) * PageSize);

    /// <summary>Makes the relocator; its entry is its first byte.</summary>
    /// <exception cref="ArgumentException">Its place is no page boundary, above 4 GiB, or not mapped.</exception>
    public static TrampolineImage Build(RelocatorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        PhysicalRange place = new(request.Base, Measure(request.Identity, request.Paging));
        if (!place.Start.IsAligned(PageSize) || place.End > PhysicalAddress.FourGiB || !request.Identity.Contains(place))
        {
            throw new ArgumentException(
                $"a relocator cannot lie at {place}: it must start on a page boundary, end below 4 GiB and map itself",
                nameof(request));
        }

        PageTables tables = PageTables.Build(request.Identity, request.Paging, place.Start + TablesOffset);
        byte[] code = Assemble(request, tables);
        byte[] bytes = new byte[checked((int)place.Length)];
        code.CopyTo(bytes, 0);
        tables.Bytes.CopyTo(bytes.AsMemory((int)TablesOffset));
        return new TrampolineImage(place, bytes, EntryOffset: 0, code.Length, tables);
    }

    private static byte[] Assemble(RelocatorRequest request, PageTables tables)
    {
        X64Assembler code = new(request.Base.Value);
        LongModeGround ground = new(code);
        ground.EnterOwnSegments(request.Base + (2 * PageSize));
        ground.EnterOwnTables(tables.Root4, tables.Root5);
        code.Mov(Reg64.Rbx, request.List.Value);
        Walk(code, ground);
        ground.WriteConstants(request.Next.Value);
        byte[] bytes = code.Build();
        return (ulong)bytes.Length <= PageSize
            ? bytes
            : throw new InvalidOperationException($"the relocator's code has outgrown its page: {bytes.Length} bytes");
    }

    /// <summary>RBX: the next entry; RDX: where the next page goes; RAX: the entry; RBP: its address; R8: its pages.</summary>
    private static void Walk(X64Assembler code, LongModeGround ground)
    {
        Label next = code.Here("next_entry");
        Label source = code.NewLabel("source");
        Label indirect = code.NewLabel("indirect");
        Label done = code.NewLabel("done");
        code.Mov(Reg64.Rax, MemoryOperand.At(Reg64.Rbx));
        code.Add(Reg64.Rbx, sizeof(ulong));
        code.Mov(Reg64.Rbp, Reg64.Rax);
        code.Shl(Reg64.Rbp, BitsAbove);
        code.Shr(Reg64.Rbp, BitsAbove + PageShift);
        code.Shl(Reg64.Rbp, PageShift);
        code.Bt(Reg32.Eax, PageListBits.Source);
        code.JccShort(Condition.Carry, source);
        code.Bt(Reg32.Eax, PageListBits.Indirect);
        code.JccShort(Condition.Carry, indirect);
        code.Bt(Reg32.Eax, PageListBits.Done);
        code.JccShort(Condition.Carry, done);

        // What is none of the four is no list: an exception without a handler resets the machine.
        Label destination = code.NewLabel("destination");
        code.Bt(Reg32.Eax, PageListBits.Destination);
        code.JccShort(Condition.Carry, destination);
        code.Int3();
        code.Bind(destination);
        code.Mov(Reg64.Rdx, Reg64.Rbp);
        code.JmpShort(next);
        code.Bind(indirect);
        code.Mov(Reg64.Rbx, Reg64.Rbp);
        code.JmpShort(next);
        code.Bind(source);
        MovePages(code, next);
        code.Bind(done);
        code.Jmp(MemoryOperand.At(ground.Entry));
    }

    private static void MovePages(X64Assembler code, Label next)
    {
        Label upwards = code.NewLabel("upwards");
        code.Mov(Reg64.R8, Reg64.Rax);
        code.Shr(Reg64.R8, CountShift);
        code.Add(Reg64.R8, 1);
        code.Mov(Reg64.Rsi, Reg64.Rbp);
        code.Mov(Reg64.Rdi, Reg64.Rdx);
        code.Bt(Reg32.Eax, PageListBits.Descending);
        code.JccShort(Condition.NoCarry, upwards);

        // The last page first: what lies behind may be the extent's own pages, which are still to be moved.
        Label downwards = code.NewLabel("downwards");
        code.Mov(Reg64.Rax, Reg64.R8);
        code.Sub(Reg64.Rax, 1);
        code.Shl(Reg64.Rax, PageShift);
        code.Add(Reg64.Rsi, Reg64.Rax);
        code.Add(Reg64.Rdi, Reg64.Rax);
        code.Add(Reg64.Rdx, Reg64.Rax);
        code.Add(Reg64.Rdx, (int)PageSize);
        code.Bind(downwards);
        code.Mov(Reg32.Ecx, WordsPerPage);
        code.RepMovsq();
        code.Sub(Reg64.Rsi, 2 * (int)PageSize);
        code.Sub(Reg64.Rdi, 2 * (int)PageSize);
        code.Sub(Reg64.R8, 1);
        code.JccShort(Condition.NotZero, downwards);
        code.Jmp(next);

        code.Bind(upwards);
        code.Mov(Reg64.Rcx, Reg64.R8);
        code.Shl(Reg64.Rcx, PageShift - 3);
        code.RepMovsq();
        code.Mov(Reg64.Rdx, Reg64.Rdi);
        code.Jmp(next);
    }
}
