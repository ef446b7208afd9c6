using Baton.Proofs.Arm64;

namespace Baton.Tests.Proofs.Arm64;

/// <summary>Translation: levels, blocks and pages, rights, and what a walk says when it fails.</summary>
public sealed class Arm64TranslationTests
{
    private const ulong Table0 = 0x4010_0000;
    private const ulong Table1 = 0x4010_1000;
    private const ulong Table2 = 0x4010_2000;
    private const ulong Table3 = 0x4010_3000;
    private const ulong Upper1 = 0x4010_4000;
    private const ulong Page = 0x403;
    private const ulong Block = 0x401;
    private const ulong Table = 3;
    private const ulong ReadOnly = 0x80;
    private const ulong ForEl0 = 0x40;
    private const ulong Device = 4;
    private const ulong Pxn = 1UL << 53;
    private const ulong Uxn = 1UL << 54;

    /// <summary>MMU, caches and stack check; the tables are cacheable.</summary>
    private const ulong Sctlr = 0x30d0_180d;
    private const ulong Tcr = 16 | (0x35UL << 8) | (25UL << 16) | (0x35UL << 24) | (2UL << 30) | (2UL << 32);

    [Theory]
    [InlineData(0x4000_3000UL, 0x4000_3000UL)] // block of 1 GiB
    [InlineData(0x8000_0123UL, 0x4060_0123UL)] // block of 2 MiB
    [InlineData(0x8020_1fffUL, 0x4000_7fffUL)] // page
    [InlineData(0xffff_ff80_0020_0010UL, 0x4020_0010UL)] // upper half, 39 bits, level 1 first
    public void Blocks_and_pages_lead_to_their_memory(ulong address, ulong physical) =>
        Assert.Equal(physical, Prepare().Processor.Translate(address).PhysicalAddress);

    [Theory]
    [InlineData("ldr x0, [x1]", 0x8060_0000UL, 0x9600_0007U)] // invalid at level 3
    [InlineData("ldr x0, [x1]", 0xc000_0000UL, 0x9600_0005U)] // invalid at level 1
    [InlineData("str x0, [x1]", 0x80_0000_0000UL, 0x9600_0044U)] // invalid at level 0
    [InlineData("ldr x0, [x1]", 0x1_0000_0000_0000UL, 0x9600_0004U)] // more than 48 bits
    [InlineData("ldr x0, [x1]", 0xffff_0000_0000_0000UL, 0x9600_0004U)] // more than 39 bits
    [InlineData("str x0, [x1]", 0x8020_2000UL, 0x9600_004fU)] // read-only page
    [InlineData("ldr x0, [x1]", 0x8020_3000UL, 0x9600_000bU)] // no access flag
    [InlineData("ldr x0, [x1]", 0x8040_0000UL, 0x9600_0002U)] // above the 40 bits of TCR.IPS
    [InlineData("ldr w0, [x1]", 0x8020_4002UL, 0x9600_0021U)] // device, unaligned
    [InlineData("ldr x0, [x1]", 0x8020_5ffcUL, 0x9600_0007U)] // into a page that is not there
    public void Faults_have_the_syndrome_of_the_manual(string text, ulong address, uint syndrome)
    {
        Arm64Machine machine = Prepare().Program(text);
        machine.Processor[1] = address;
        Arm64FaultException fault = machine.RunToFault();
        Assert.Equal($"{syndrome:x}", $"{fault.Syndrome:x}");
        Assert.Equal(address == 0x8020_5ffc ? 0x8020_6000 : address, fault.FaultAddress);
    }

    [Theory]
    [InlineData(0x8020_7000UL, 0x8600_000fU)] // PXN
    [InlineData(0x8020_8000UL, 0x8600_000fU)] // writable at EL0
    [InlineData(0x8020_6000UL, 0x8600_0007U)] // not there
    public void Fetches_need_the_right_to_execute(ulong address, uint syndrome)
    {
        Arm64Machine machine = Prepare().Program("br x1");
        machine.Processor[1] = address;
        machine.Run(1);
        Arm64FaultException fault = machine.RunToFault();
        Assert.Equal((syndrome, address, address), (fault.Syndrome, fault.FaultAddress, fault.ProgramCounter));
    }

    [Fact]
    public void Write_implies_execute_never_when_sctlr_says_so()
    {
        Arm64Machine machine = Prepare();
        Assert.NotNull(machine.Processor.Translate(Arm64Machine.Code, Arm64Access.Execute).PhysicalAddress);
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.SctlrEl1, Sctlr | (1 << 19));
        Assert.Null(machine.Processor.Translate(Arm64Machine.Code, Arm64Access.Execute).PhysicalAddress);
    }

    [Fact]
    public void Pan_closes_the_pages_of_el0()
    {
        Arm64Machine machine = Prepare().Program("ldr x0, [x1]\nmsr PAN, #1\nldr x0, [x1]");
        machine.Processor[1] = 0x8020_8000;
        Assert.Equal((0x9600_000fU, Arm64Machine.Code + 8), (machine.RunToFault().Syndrome, machine.Processor.ProgramCounter));
    }

    [Fact]
    public void A_walk_tells_each_descriptor()
    {
        Arm64Machine machine = Prepare();
        Arm64Walk walk = machine.Processor.Translate(0x8020_2008, Arm64Access.Write);
        Assert.Equal(
            [
                "TTBR0_EL1 = 0x40100000, 48 bits of address",
                "level 0: [0x40100000] = 0x40101003, a table at 0x40101000",
                "level 1: [0x40101010] = 0x40102003, a table at 0x40102000",
                "level 2: [0x40102008] = 0x40103003, a table at 0x40103000",
                "level 3: [0x40103010] = 0x40008483, a page at 0x40008000",
            ],
            walk.Lines);
        Assert.Equal("the page of 0x80202008 does not allow it to be written", walk.Fault);
    }

    [Fact]
    public void El2_has_one_half_and_its_own_never()
    {
        Arm64Machine machine = Prepare(2);
        Assert.Equal(0x4000_7000UL, machine.Processor.Translate(0x8020_1000).PhysicalAddress);
        Assert.Null(machine.Processor.Translate(0xffff_ff80_0020_0000).PhysicalAddress);
        Assert.NotNull(machine.Processor.Translate(0x8020_7000, Arm64Access.Execute).PhysicalAddress);
        Assert.Null(machine.Processor.Translate(0x8020_9000, Arm64Access.Execute).PhysicalAddress);
    }

    [Fact]
    public void A_changed_descriptor_counts_after_tlbi()
    {
        Arm64Machine machine = Prepare().Program("ldr x0, [x1]\nstr x3, [x2]\ndsb sy\ntlbi vmalle1\ndsb sy\nisb\nldr x4, [x1]");
        machine.Set(0x4000_7000, 7).Set(0x4000_9000, 9);
        machine.Processor[1] = 0x8020_1000;
        machine.Processor[2] = Table3 + 8;
        machine.Processor[3] = 0x4000_9000 | Page;
        machine.Run(7);
        Assert.Equal((7UL, 9UL), (machine.Processor[0], machine.Processor[4]));
    }

    [Theory]
    [InlineData("msr SCTLR_EL1, x2\nnop\nldr x0, [x1]", true)]
    [InlineData("msr TCR_EL1, x3\nldr x0, [x1]", true)]
    [InlineData("msr TTBR0_EL1, x4\nbr x1", true)]
    [InlineData("msr SCTLR_EL1, x2\nisb\nldr x0, [x1]\nbrk #1", false)]
    [InlineData("msr VBAR_EL1, x2\nldr x0, [x1]\nbrk #1", false)]
    [InlineData("msr TTBR0_EL1, x4\nb #4\nbrk #1", false)]
    public void A_translation_that_changes_needs_an_isb(string program, bool isRefused)
    {
        Arm64Machine machine = Prepare().Program(program);
        machine.Processor[1] = Arm64Machine.Data;
        machine.Processor[2] = Sctlr & ~8UL;
        machine.Processor[3] = Tcr;
        machine.Processor[4] = Table0;
        Arm64FaultException fault = machine.RunToFault();
        Assert.Equal(isRefused ? "constrained unpredictable" : "BRK", fault.Kind);
        Assert.Equal(isRefused, fault.Message.Contains("no ISB has followed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(30)]
    public void Another_granule_is_not_simulated(int bit)
    {
        Arm64Machine machine = Prepare();
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.TcrEl1, Tcr ^ (1UL << bit));
        machine.Processor.ProgramCounter = bit == 14 ? Arm64Machine.Code : 0xffff_ff80_0000_1000;
        Assert.Equal("not simulated", machine.RunToFault().Kind);
    }

    /// <summary>1 GiB at 0x40000000 one to one, pages and blocks of every kind from 0x80000000.</summary>
    private static Arm64Machine Prepare(int level = 1)
    {
        Arm64Machine machine = new(level);
        machine.Set(Table0, Table1 | Table).Set(Table1 + 8, 0x4000_0000 | Block).Set(Table1 + 16, Table2 | Table);
        machine.Set(Table2, 0x4060_0000 | Block).Set(Table2 + 8, Table3 | Table).Set(Table2 + 16, (1UL << 41) | Block);
        machine.Set(Table2 + 24, Upper1 | Table);
        ulong[] pages =
        [
            Page, Page, Page | ReadOnly, Page & ~0x400UL, Page | Device, Page, 0, Page | Pxn, Page | ForEl0, Page | Uxn,
        ];
        for (int i = 0; i < pages.Length; i++)
        {
            machine.Set(Table3 + (ulong)(i * 8), pages[i] == 0 ? 0 : (0x4000_6000 + ((ulong)i * 0x1000)) | pages[i]);
        }

        machine.Set(Upper1, 0x4000_0000 | Block);
        bool isEl2 = level == 2;
        machine.Processor.WriteSystemRegister(isEl2 ? Arm64SystemRegister.MairEl2 : Arm64SystemRegister.MairEl1, 0x00ff);
        machine.Processor.WriteSystemRegister(
            isEl2 ? Arm64SystemRegister.TcrEl2 : Arm64SystemRegister.TcrEl1, isEl2 ? 0x8082_3510 : Tcr);
        machine.Processor.WriteSystemRegister(isEl2 ? Arm64SystemRegister.Ttbr0El2 : Arm64SystemRegister.Ttbr0El1, Table0);
        machine.Processor.WriteSystemRegister(Arm64SystemRegister.Ttbr1El1, Upper1);
        machine.Processor.WriteSystemRegister(isEl2 ? Arm64SystemRegister.SctlrEl2 : Arm64SystemRegister.SctlrEl1, Sctlr);
        return machine;
    }
}
