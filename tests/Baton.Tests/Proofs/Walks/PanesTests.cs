using Baton.Proofs;
using Baton.Proofs.Walks;
using Baton.Proofs.X64;
using Baton.Reports.Walks;
using Baton.Tests.Proofs.X64;

namespace Baton.Tests.Proofs.Walks;

/// <summary>The panes of a walk, to the letter.</summary>
public sealed class PanesTests
{
    private readonly X64Panes _panes = new();

    [Fact]
    public void Code_shows_the_way_the_next_instruction_and_what_follows()
    {
        WalkSession session = Walks.Through("eb02 f4f4 48b88877665544332211 0f22d8 90");
        session.Step(2);
        Assert.Equal(
            """
              00008000    eb02                  jmp short 0x8004
              00008004    48b88877665544332211  mov rax, 0x1122334455667788
            > 0000800e    0f22d8                mov cr3, rax
              00008011    90                    nop
            """,
            _panes.Code(session, 3, 1).Text());
        Assert.Equal("mov cr3, rax", _panes.NextInstruction(session));
    }

    [Fact]
    public void Registers_mark_what_has_changed()
    {
        WalkSession session = Walks.Through("48b88877665544332211 f9"); // mov rax, imm; stc
        session.Step(2);
        Assert.Equal(
            """
            *RAX 1122334455667788  R8  0000000000000000  CR0  80010031
             RBX 0000000000000000  R9  0000000000000000  CR2  0
             RCX 0000000000000000  R10 0000000000000000  CR3  1000
             RDX 0000000000000000  R11 0000000000000000  CR4  20
             RSI 0000000000000000  R12 0000000000000000  CR8  0
             RDI 0000000000000000  R13 0000000000000000  EFER d01
             RBP 0000000000000000  R14 0000000000000000 *RIP  800b
             RSP 0000000000008000  R15 0000000000000000 *FLAGS 3
             CS 0010  SS 0018  DS 0018  ES 0018  FS 0018  GS 0018   CF
            """,
            _panes.Registers(session).Text());
    }

    [Fact]
    public void Memory_tells_what_nobody_has_written_and_what_is_no_memory()
    {
        WalkSession session = Walks.Across(kernelTakes5Level: true);
        PhysicalMemory memory = session.Machine.Processor.Memory;
        memory.Set(0x50_0FF0, "Aa~"u8);
        Assert.Equal(
            """
            00500ff0  41 61 7e -- -- -- -- --  -- -- -- -- -- -- -- --  Aa~.............
            00501000  -- --                                             ..
            """,
            MemoryPane.Lines(session, 0x50_0FF0, 18, isPhysical: true).Text());
        Assert.StartsWith(
            "0009fc00  ?? ??", MemoryPane.Lines(session, 0x9_FC00, 16, isPhysical: true).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_at_the_top_of_the_address_space_ends_there()
    {
        WalkSession session = Walks.Through("90");
        Assert.Single(MemoryPane.Lines(session, ulong.MaxValue - 3, 4, isPhysical: false));
        Assert.Equal(2, MemoryPane.Lines(session, ulong.MaxValue - 3, 8, isPhysical: false).Count);
    }

    [Fact]
    public void A_page_walk_names_each_entry_and_its_bits()
    {
        WalkSession session = Walks.Through("90");
        Assert.Equal(
            """
            CR3 0x1000, 4 levels
              PML4 [  0] at 0x1000 = 0000000000002003  P RW S
              PDPT [  0] at 0x2000 = 0000000000000083  P RW S PS
            0x12345 is 0x12345, in a page of 1 GiB
            """,
            _panes.PageWalk(session, 0x12345).Text());
        Assert.Equal(
            """
            CR3 0x1000, 4 levels
              PML4 [  1] at 0x1008 = 0000000000000000  not present
            0x8000000000 is not mapped: PML4 entry 1 at 0x1008 is not present
            """,
            _panes.PageWalk(session, 0x80_0000_0000).Text());
        Assert.Contains("is not canonical", _panes.PageWalk(session, 1UL << 63).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bit_7_of_an_entry_for_a_small_page_is_no_page_size()
    {
        Assert.Equal(
            """
            CR3 0x1000, 4 levels
              PML4 [  0] at 0x1000 = 0000000000002003  P RW S
              PDPT [  1] at 0x2008 = 0000000000003003  P RW S
              PD   [  0] at 0x3000 = 0000000000004003  P RW S
              PT   [  0] at 0x4000 = 0000000000009083  P RW S PAT
            0x40000000 is 0x9000, in a page of 4 KiB
            """,
            _panes.PageWalk(InSmallPages(), 0x4000_0000).Text());
    }

    [Fact]
    public void Where_no_code_can_be_read_the_reason_is_told()
    {
        WalkSession session = InSmallPages();
        Assert.Equal("  02000000  no code: no memory is there", _panes.Listing(session, 0x200_0000, 1).Text());
        Assert.Equal(
            "  40002000  cannot be executed: PT entry 2 at 0x4010 is not present",
            _panes.Listing(session, 0x4000_2000, 1).Text());
        Assert.StartsWith(
            "  40001000  cannot be executed: the page of PT entry 1 at 0x4008 ",
            _panes.Listing(session, 0x4000_1000, 1).Text(),
            StringComparison.Ordinal);
        session = Walks.Across(kernelTakes5Level: true);
        session.RunToEntry();
        Assert.Equal("  00500000  no code: nobody has written it", _panes.Listing(session, 0x50_0000, 1).Text());
    }

    [Fact]
    public void The_descriptor_table_is_decoded_and_says_who_uses_it()
    {
        WalkSession session = new(
            () =>
            {
                X64Processor processor = SimulatedMachine.LongMode([0x90]);
                processor.Memory.Write(0x6008, 8, 0x0000_8900_0000_0067); // TSS
                processor.Memory.Write(0x6010, 8, 0x00AF_9B00_0000_FFFF);
                processor.Memory.Write(0x6018, 8, 0x00CF_9200_0000_FFFF);
                processor.Gdtr = new TableRegister(0x6000, 0x1F);
                return new X64WalkMachine(processor);
            },
            null);
        Assert.Equal(
            """
            GDT at 0x6000, limit 0x1f:
              0000  0000000000000000  null
              0008  0000890000000067  TSS, DPL 0, base 0x0, limit 0x67
              0010  00af9b000000ffff  64-bit code RX A, DPL 0, base 0x0, limit 0xffffffff  <- CS
              0018  00cf92000000ffff  32-bit data RW, DPL 0, base 0x0, limit 0xffffffff  <- ES SS DS FS GS
            """,
            _panes.Descriptors(session).Skip(9).Text());
    }

    [Fact]
    public void Who_wrote_a_byte_is_told_and_who_did_not()
    {
        WalkSession session = Walks.Across(kernelTakes5Level: true);
        session.RunToEntry();
        ulong stack = session.State()[X64Register.Rsp];
        Assert.Matches(
            @"^0x[0-9a-f]+ \(trampoline\+0x[0-9a-f]+\) was written by #\d+ at 0x[0-9a-f]+ \(trampoline\+0x[0-9a-f]+\)$",
            WritePane.Writer(session, stack - 1).Text());
        Assert.EndsWith(
            "no instruction has written it", WritePane.Writer(session, session.Entry!.Value).Text(), StringComparison.Ordinal);
        Assert.EndsWith("by anybody", WritePane.Writer(session, 0x50_0000).Text(), StringComparison.Ordinal);
        Assert.EndsWith("is not mapped", WritePane.Writer(session, 0xB_0000_0000).Text(), StringComparison.Ordinal);
    }

    /// <summary>At 1 GiB a page with bit 7 in its entry, behind it one that may not be executed.</summary>
    private static WalkSession InSmallPages() => new(
        () =>
        {
            X64Processor processor = SimulatedMachine.LongMode([0x90]);
            processor.Memory.Write(0x2008, 8, 0x3003);
            processor.Memory.Write(0x3000, 8, 0x4003);
            processor.Memory.Write(0x4000, 8, 0x9083);
            processor.Memory.Write(0x4008, 8, 0x8000_0000_0000_9003);
            return new X64WalkMachine(processor);
        },
        null);
}
