using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Tests.Proofs.X64;

/// <summary>Page walks by hand-made tables, with all numbers of levels and sizes of pages.</summary>
public sealed class PageWalkTests
{
    private const ulong Pml5 = 0x10000;
    private const ulong Pml4 = 0x11000;
    private const ulong Pdpt = 0x12000;
    private const ulong Pd = 0x13000;
    private const ulong Pt = 0x14000;
    private const ulong Linear = 0x0000_0080_C060_3045;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Four_and_five_levels(bool fiveLevel)
    {
        X64Processor cpu = Long(fiveLevel);
        PageWalk walk = cpu.Translate(Linear);
        Assert.Equal(new PhysicalAddress(0x77045), walk.Physical);
        Assert.Equal(4096UL, walk.PageSize);
        string[] tables = ["PML4", "PDPT", "PD", "PT"];
        Assert.Equal(fiveLevel ? ["PML5", .. tables] : tables, walk.Steps.Select(step => step.Table));
        Assert.Equal(new PhysicalAddress(Pt + (8 * 3)), walk.Steps[^1].Address);
        Assert.Equal(Pt | 7, walk.Steps[^2].Entry);
    }

    [Fact]
    public void Pages_of_2_MiB_and_1_GiB()
    {
        X64Processor cpu = Long(false);
        cpu.Memory.Write(Pd + (8 * 3), 8, 0x60_0087);
        cpu.ForgetTranslations();
        Assert.Equal(new PhysicalAddress(0x60_3045), cpu.Translate(Linear).Physical);
        cpu.Memory.Write(Pdpt + (8 * 3), 8, 0x4000_0087);
        Assert.Equal(new PhysicalAddress(0x4060_3045), cpu.Translate(Linear).Physical);
        Assert.Equal(1UL << 30, cpu.Translate(Linear).PageSize);
    }

    [Theory]
    [InlineData(Pml4 + 8, Pdpt | 0x87UL, "PML4 entry 1")]
    [InlineData(Pdpt + 24, 0x4000_2087UL, "PDPT entry 3")]
    [InlineData(Pd + 24, 0x0000_8000_0000_0087UL, "PD entry 3")]
    [InlineData(Pt + 24, 0x0010_0000_0007_7007UL & 0x000F_FFFF_FFFF_FFFFUL | 0x0000_4000_0000_0000UL, "PT entry 3")]
    public void Reserved_bits_are_faults(ulong address, ulong entry, string where)
    {
        X64Processor cpu = Long(false);
        cpu.Memory.Write(address, 8, entry);
        PageWalk walk = cpu.Translate(Linear);
        Assert.Null(walk.Physical);
        Assert.Equal(9U, walk.ErrorCode);
        Assert.StartsWith(where, walk.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void No_execute_counts_only_with_its_bit_in_efer()
    {
        X64Processor cpu = Long(false);
        cpu.Memory.Write(Pt + 24, 8, 0x8000_0000_0007_7007);
        PageWalk walk = cpu.Translate(Linear, PageAccess.Execute);
        Assert.Equal(0x11U, walk.ErrorCode);
        Assert.NotNull(cpu.Translate(Linear).Physical);
        cpu.State = cpu.State with { Efer = X64Efer.LMA | X64Efer.LME };
        Assert.Equal(9U, cpu.Translate(Linear).ErrorCode);
    }

    [Theory]
    [InlineData(5UL, PageAccess.Write, true, 3U)]
    [InlineData(5UL, PageAccess.Write, false, null)]
    [InlineData(5UL, PageAccess.Write | PageAccess.User, false, 7U)]
    [InlineData(3UL, PageAccess.User, true, 5U)]
    [InlineData(7UL, PageAccess.Write | PageAccess.User, true, null)]
    public void Rights_are_those_of_all_levels(ulong bits, PageAccess access, bool writeProtect, uint? errorCode)
    {
        X64Processor cpu = Long(false);
        cpu.State = cpu.State with { Cr0 = X64Cr0.PE | X64Cr0.PG | (writeProtect ? X64Cr0.WP : 0) };
        cpu.Memory.Write(Pdpt + 24, 8, Pd | bits);
        PageWalk walk = cpu.Translate(Linear, access);
        Assert.Equal(errorCode is null, walk.Physical is not null);
        if (errorCode is { } code)
        {
            Assert.Equal(code, walk.ErrorCode);
        }
    }

    [Fact]
    public void Accessed_and_dirty_are_set_by_use_and_not_by_looking()
    {
        X64Processor cpu = Long(false);
        cpu.Translate(Linear, PageAccess.Write);
        Assert.Equal(0x77007UL, cpu.Memory.Read(Pt + 24, 8));

        // mov al, [rbx]; mov [rbx], al
        cpu.Memory.Set(SimulatedMachine.Code, SimulatedMachine.Hex("8A03 8803"));
        cpu[X64Register.Rbx] = Linear;
        cpu.ExecuteNext();
        Assert.Equal(0x77027UL, cpu.Memory.Read(Pt + 24, 8));
        Assert.Equal(Pt | 0x27, cpu.Memory.Read(Pd + 24, 8));
        cpu.ExecuteNext();
        Assert.Equal(0x77067UL, cpu.Memory.Read(Pt + 24, 8));
    }

    [Fact]
    public void A_changed_entry_is_seen_without_being_told()
    {
        // mov al, [rbx]; mov [rcx], edx; mov ah, [rbx]
        X64Processor cpu = Long(false);
        cpu.Memory.Set(SimulatedMachine.Code, SimulatedMachine.Hex("8A03 8911 8A23"));
        cpu.Memory.Write(0x77045, 1, 0x11);
        cpu.Memory.Write(0x78045, 1, 0x22);
        cpu[X64Register.Rbx] = Linear;
        cpu[X64Register.Rcx] = Pt + 24;
        cpu[X64Register.Rdx] = 0x78007;
        cpu.Run(3);
        Assert.Equal(0x2211UL, cpu[X64Register.Rax] & 0xFFFF);
    }

    [Theory]
    [InlineData("8A03 8911 8A23", 2, "stale translation")]
    [InlineData("8A03 8911 0F20D8 0F22D8 8A23", 5, null)]
    [InlineData("8A03 8911 0F013B 8A23", 4, null)]
    [InlineData("8A03 C60167 8A23", 3, null)]
    [InlineData("8911 8A23", 2, null)]
    public void A_changed_entry_is_refused_until_it_is_flushed(string code, ulong instructions, string? kind)
    {
        // mov al, [rbx]; mov [rcx], edx, or the dirty bit alone; perhaps mov cr3, rax or invlpg [rbx]; mov ah, [rbx]
        X64Processor cpu = Long(false, new X64Options { RefusesStaleEntries = true });
        cpu.Memory.Set(SimulatedMachine.Code, SimulatedMachine.Hex(code));
        cpu.Memory.Write(0x77045, 1, 0x11);
        cpu.Memory.Write(0x78045, 1, 0x22);
        cpu[X64Register.Rbx] = Linear;
        cpu[X64Register.Rcx] = Pt + 24;
        cpu[X64Register.Rdx] = 0x78007;
        cpu.Run(instructions);
        if (kind is not null)
        {
            X64FaultException fault = Assert.Throws<X64FaultException>(cpu.ExecuteNext);
            Assert.Equal(kind, fault.Kind);
            Assert.Contains("PT entry 3 at 0x14018", fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(X64Cr4.SMEP, PageAccess.Execute, false, 0x11U)]
    [InlineData(X64Cr4.SMEP, PageAccess.Execute, true, 0x11U)]
    [InlineData(X64Cr4.SMEP, PageAccess.Read, false, null)]
    [InlineData(X64Cr4.SMEP, PageAccess.Execute | PageAccess.User, false, null)]
    [InlineData(X64Cr4.SMAP, PageAccess.Read, false, 1U)]
    [InlineData(X64Cr4.SMAP, PageAccess.Write, false, 3U)]
    [InlineData(X64Cr4.SMAP, PageAccess.Read, true, null)]
    [InlineData(X64Cr4.SMAP, PageAccess.Write, true, null)]
    [InlineData(X64Cr4.SMAP, PageAccess.Read | PageAccess.Implicit, true, 1U)]
    [InlineData(X64Cr4.SMAP, PageAccess.Execute, false, null)]
    [InlineData(X64Cr4.SMAP, PageAccess.Read | PageAccess.User, false, null)]
    public void Pages_of_user_code_are_closed_to_the_supervisor(ulong cr4, PageAccess access, bool opens, uint? errorCode)
    {
        X64Processor cpu = Long(false);
        cpu.State = cpu.State with
        {
            Cr4 = cpu.Cr4 | cr4,
            Rflags = X64Flags.Fixed | (opens ? X64Flags.AC : 0),
        };
        PageWalk walk = cpu.Translate(Linear, access);
        Assert.Equal(errorCode is null, walk.Physical is not null);
        Assert.Equal(errorCode ?? 0, walk.Physical is null ? walk.ErrorCode : 0);
    }

    /// <summary>RFLAGS.AC is for the code's own accesses, not for those to a table of descriptors.</summary>
    [Fact]
    public void A_descriptor_in_a_page_of_user_code_is_closed_to_the_processor()
    {
        // mov al, [rbx]; mov ds, cx
        X64Processor cpu = Long(false);
        cpu.State = cpu.State with { Cr4 = cpu.Cr4 | X64Cr4.SMAP, Rflags = X64Flags.Fixed | X64Flags.AC };
        cpu.Memory.Set(SimulatedMachine.Code, SimulatedMachine.Hex("8A03 8ED9"));
        cpu.Memory.Write(0x77018, 8, 0x00CF_9300_0000_FFFF);
        cpu.Gdtr = new TableRegister(Linear & ~0xFFFUL, 0x1F);
        cpu[X64Register.Rbx] = Linear;
        cpu[X64Register.Rcx] = 0x18;
        cpu.ExecuteNext();
        X64FaultException fault = Assert.Throws<X64FaultException>(cpu.ExecuteNext);
        Assert.Equal("#PF", fault.Kind);
        Assert.Contains("CR4.SMAP", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_levels_with_pages_of_4_KiB_and_4_MiB()
    {
        X64Processor cpu = SimulatedMachine.Protected32([]);
        cpu.Memory.Write(Pd, 4, Pt | 7);
        cpu.Memory.Write(Pt + (4 * 5), 4, 0x77007);
        cpu.Memory.Write(Pd + 4, 4, 0x80_0087);
        cpu.State = cpu.State with { Cr0 = X64Cr0.PE | X64Cr0.PG, Cr3 = Pd, Cr4 = X64Cr4.PSE };
        Assert.Equal(new PhysicalAddress(0x77123), cpu.Translate(0x5123).Physical);
        Assert.Equal(new PhysicalAddress(0x80_5123), cpu.Translate(0x40_5123).Physical);
        Assert.Equal("PD entry 2 at 0x13008 is not present", cpu.Translate(0x80_0000).Failure);
    }

    [Fact]
    public void Three_levels_with_the_first_read_when_cr3_is_loaded()
    {
        X64Processor cpu = SimulatedMachine.Protected32([]);
        cpu.Memory.Write(Pdpt + 8, 8, Pd | 1);
        cpu.Memory.Write(Pd, 8, 0x20_0083);
        cpu.State = cpu.State with { Cr0 = X64Cr0.PE | X64Cr0.PG, Cr3 = Pdpt, Cr4 = X64Cr4.PAE };
        cpu.Memory.Write(Pdpt + 8, 8, 0);
        Assert.Equal(new PhysicalAddress(0x20_0123), cpu.Translate(0x4000_0123).Physical);
        cpu.State = cpu.State;
        Assert.Equal("PDPT entry 1 at 0x12008 is not present", cpu.Translate(0x4000_0123).Failure);
    }

    /// <summary>Long mode; the code of the tests and one page at <see cref="Linear"/> are mapped, without large pages.</summary>
    private static X64Processor Long(bool fiveLevel, X64Options? options = null)
    {
        X64Processor cpu = SimulatedMachine.LongMode([], options);
        PhysicalMemory memory = cpu.Memory;
        memory.Write(Pml5, 8, Pml4 | 7);
        memory.Write(Pml4, 8, 0x2007);
        memory.Write(Pml4 + 8, 8, Pdpt | 7);
        memory.Write(Pdpt + 24, 8, Pd | 7);
        memory.Write(Pd + 24, 8, Pt | 7);
        memory.Write(Pt + 24, 8, 0x77007);
        cpu.State = X64State.LongMode(SimulatedMachine.Code, fiveLevel ? Pml5 : Pml4, fiveLevel);
        return cpu;
    }
}
