using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Trampolines;

namespace Baton.Tests.Proofs.X64;

/// <summary>The trampoline, run from the state in which kexec leaves the machine.</summary>
public sealed class TrampolineRunTests
{
    private const ulong Place = 0x80000;
    private const ulong Entry = 0x100_0200;
    private const ulong BootParams = 0x90000;
    private const ulong OldTables = 0x200000;
    private const ulong Junk = 0xDEAD_BEEF_0BAD_F00D;

    [Theory]
    [InlineData(false, true, true)]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, false, false)]
    public void It_comes_to_the_kernel_as_the_protocol_demands(bool fiveLevel, bool kernelTakes5Level, bool gigabytePages)
    {
        X64Processor cpu = Enter(fiveLevel, kernelTakes5Level, gigabytePages);
        Assert.Equal(X64Stop.Address, cpu.Run(1000, Entry));

        bool stays = fiveLevel && kernelTakes5Level;
        Assert.Equal(X64Mode.Long64, cpu.Mode);
        Assert.Equal(0x10, cpu[X64SegmentRegister.Cs].Selector);
        foreach (X64SegmentRegister register in (X64SegmentRegister[])
            [X64SegmentRegister.Ds, X64SegmentRegister.Es, X64SegmentRegister.Ss, X64SegmentRegister.Fs, X64SegmentRegister.Gs])
        {
            Assert.Equal(SegmentState.Data(0x18), cpu[register]);
        }

        Assert.Equal(BootParams, cpu[X64Register.Rsi]);
        Assert.Equal(Place + 0x2000, cpu[X64Register.Rsp]);
        foreach (X64Register register in Enum.GetValues<X64Register>())
        {
            if (register is not (X64Register.Rsi or X64Register.Rsp))
            {
                Assert.Equal(0UL, cpu[register]);
            }
        }

        Assert.Equal(X64Flags.Fixed, cpu.Rflags);
        Assert.Equal(X64Cr0.PE | X64Cr0.ET | X64Cr0.NE | X64Cr0.PG, cpu.Cr0);
        Assert.Equal(X64Cr4.PAE | X64Cr4.MCE | (stays ? X64Cr4.LA57 : 0), cpu.Cr4);
        Assert.Equal(Place + (stays ? 0x2000UL : 0x3000UL), cpu.Cr3);
        Assert.Equal(X64Efer.LMA | X64Efer.LME, cpu.Efer & (X64Efer.LMA | X64Efer.LME));
        Assert.Equal(new TableRegister(0, 0), cpu.Idtr);
        Assert.Equal(new PhysicalAddress(Entry), cpu.Translate(Entry).Physical);
    }

    [Fact]
    public void Nothing_of_the_old_kernel_is_read_after_its_tables_are_gone()
    {
        X64Processor cpu = Enter(fiveLevel: true, kernelTakes5Level: false, gigabytePages: false);
        while (cpu.Cr3 == OldTables)
        {
            cpu.ExecuteNext();
        }

        cpu.Memory.Set(OldTables, new byte[0x4000]);
        Assert.Equal(X64Stop.Address, cpu.Run(1000, Entry));
    }

    private static X64Processor Enter(bool fiveLevel, bool kernelTakes5Level, bool gigabytePages)
    {
        RangeSet ram = RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, 64 << 20));
        TrampolineImage image = LinuxX64Trampoline.Build(new TrampolineRequest
        {
            Base = new PhysicalAddress(Place),
            Identity = ram,
            GigabytePages = gigabytePages,
            Entry = new PhysicalAddress(Entry),
            BootParams = new PhysicalAddress(BootParams),
            KernelTakes5Level = kernelTakes5Level,
        });
        PhysicalMemory memory = new(ram);
        memory.Load(SimulatedMachine.Segment("trampoline", image.Place, image.Bytes));
        PageTables old = PageTables.Build(ram, new PagingOptions(false), new PhysicalAddress(OldTables));
        memory.Set(OldTables, old.Bytes.Span);

        X64State state = X64State.LongMode(image.Entry.Value, (fiveLevel ? old.Root5 : old.Root4).Value, fiveLevel);
        foreach (X64Register register in Enum.GetValues<X64Register>())
        {
            state = state.With(register, Junk);
        }

        return new X64Processor(memory, new X64Options
        {
            Cpuid = X64Cpuid.QemuMax(fiveLevel, gigabytePages),
            Losses = new Garbage(Junk),
            RefusesStaleEntries = true,
        })
        {
            State = state with
            {
                Rflags = X64Flags.Fixed | X64Flags.Status | X64Flags.DF,
                Cr0 = state.Cr0 | X64Cr0.AM | X64Cr0.WP | X64Cr0.MP,
                Cr4 = state.Cr4 | X64Cr4.PGE | X64Cr4.MCE | X64Cr4.PCIDE | X64Cr4.FSGSBASE | X64Cr4.SMEP | X64Cr4.SMAP,
                Gdtr = new TableRegister(0, 0),
                Idtr = new TableRegister(0, 0),
            },
        };
    }
}
