using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Tests.Proofs.X64;

/// <summary>Every way from one mode into another, and what stays of the mode before.</summary>
public sealed class ModeSwitchTests
{
    private const ulong Table = 0x6000;

    /// <summary>Null, 64-bit code, data, 32-bit code, 16-bit code, 16-bit data.</summary>
    private static readonly ulong[] Descriptors =
    [
        0, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_9B00_0000_FFFF, 0x0000_9B00_0000_FFFF, 0x0000_9300_0000_FFFF,
    ];

    [Fact]
    public void Real_mode_becomes_protected_with_the_segments_it_had()
    {
        // mov eax, cr0; or al, 1; mov cr0, eax; mov bl, [0]
        X64Processor cpu = SimulatedMachine.RealMode(SimulatedMachine.Hex("0F20C0 0C01 0F22C0 8A1E0000"));
        cpu.Run(3);
        Assert.Equal(X64Mode.Protected16, cpu.Mode);
        Assert.Equal(SimulatedMachine.Code, cpu[X64SegmentRegister.Cs].Base);
        cpu.ExecuteNext();
        Assert.Equal(0x0FUL, cpu[X64Register.Rbx] & 0xFF);
        Assert.Equal(0, cpu.PrivilegeLevel);
    }

    [Fact]
    public void A_far_jump_leads_from_16_to_32_bit_code()
    {
        // or eax 1 into cr0; jmp far 18:00008010
        X64Processor cpu = SimulatedMachine.RealMode(SimulatedMachine.Hex("0F20C0 0C01 0F22C0 66EA108000001800"));
        Prepare(cpu);
        cpu.Run(4);
        Assert.Equal(X64Mode.Protected32, cpu.Mode);
        Assert.Equal(0x8010UL, cpu.Rip);
        Assert.Equal(0x18, cpu[X64SegmentRegister.Cs].Selector);
        Assert.Equal(uint.MaxValue, cpu[X64SegmentRegister.Cs].Limit);
    }

    [Fact]
    public void Real_mode_keeps_the_limit_of_a_big_segment()
    {
        // Into protected mode, mov ds, 10h, back, xor ax,ax; mov ds, ax; mov [00200000h], cl with a 32-bit address
        X64Processor cpu = SimulatedMachine.RealMode(SimulatedMachine.Hex(
            "0F20C0 0C01 0F22C0 B91000 8ED9 24FE 0F22C0 31C0 8ED8 67880D00002000"));
        Prepare(cpu);
        cpu.Run(9);
        Assert.Equal(X64Mode.Real16, cpu.Mode);
        Assert.Equal(0UL, cpu[X64SegmentRegister.Ds].Base);
        cpu.ExecuteNext();
        Assert.Equal(0x10UL, cpu.Memory.Read(0x200000, 1));
    }

    [Fact]
    public void Real_mode_with_ordinary_segments_ends_at_64_KiB()
    {
        X64Processor cpu = SimulatedMachine.RealMode(SimulatedMachine.Hex("67880D00000100"));
        X64FaultException fault = Assert.Throws<X64FaultException>(cpu.ExecuteNext);
        Assert.Equal("#GP(0x0)", fault.Kind);
    }

    [Fact]
    public void Protected_mode_becomes_long_mode_and_goes_back()
    {
        X64Processor cpu = SimulatedMachine.LongMode([]);
        Prepare(cpu);
        cpu.State = X64State.Protected32(SimulatedMachine.Code, 0x18, 0x10) with
        {
            Cr3 = SimulatedMachine.Root,
            Gdtr = cpu.Gdtr,
        };

        // mov eax,cr4; or al,20h; mov cr4,eax; EFER.LME; mov eax,cr0; bts eax,31; mov cr0,eax; jmp far 08:00009000
        cpu.Memory.Set(SimulatedMachine.Code, SimulatedMachine.Hex(
            "0F20E0 0C20 0F22E0 B9800000C0 0F32 0FBAE808 0F30 0F20C0 0FBAE81F 0F22C0 EA009000000800"));
        cpu.Run(10);
        Assert.Equal(X64Mode.Compatibility32, cpu.Mode);
        Assert.Equal(X64Efer.LME | X64Efer.LMA, cpu.Efer);
        cpu.ExecuteNext();
        Assert.Equal(X64Mode.Long64, cpu.Mode);

        // push 18h; lea rax,[rip+3]; push rax; retfq; mov eax,cr0; btr eax,31; mov cr0,eax
        cpu[X64Register.Rsp] = SimulatedMachine.StackTop;
        cpu.Memory.Set(0x9000, SimulatedMachine.Hex("6A18 488D0503000000 50 48CB 0F20C0 0FBAF01F 0F22C0"));
        cpu.Run(4);
        Assert.Equal(X64Mode.Compatibility32, cpu.Mode);
        Assert.Equal(0x900CUL, cpu.Rip);
        cpu.Run(3);
        Assert.Equal(X64Mode.Protected32, cpu.Mode);
        Assert.Equal(X64Efer.LME, cpu.Efer);
    }

    [Fact]
    public void Upper_halves_are_lost_outside_of_64_bit_mode_where_they_may_be()
    {
        X64Processor kept = Through(null);
        Assert.Equal(1UL << 40, kept[X64Register.Rbx]);
        Assert.Equal(0x77UL, kept[X64Register.R8]);
        X64Processor[] lost = [Through(new Garbage(1)), Through(new Garbage(2))];
        Assert.NotEqual(lost[0][X64Register.Rbx], lost[1][X64Register.Rbx]);
        foreach (X64Processor cpu in lost)
        {
            Assert.Equal(X64Mode.Long64, cpu.Mode);
            Assert.NotEqual(1UL << 40, cpu[X64Register.Rbx]);
            Assert.Equal(0UL, cpu[X64Register.Rbx] & uint.MaxValue);

            // These have no lower half outside of 64-bit mode: compatibility mode leaves them alone.
            Assert.Equal(0x77UL, cpu[X64Register.R8]);
        }

        // mov rbx, 1 << 40; push 18h; push 8013h; retfq; jmp far 08:0000801a
        static X64Processor Through(Garbage? losses)
        {
            X64Processor cpu = SimulatedMachine.LongMode(
                SimulatedMachine.Hex("48BB0000000000010000 6A18 6813800000 48CB EA1A8000000800"),
                new X64Options { Losses = losses });
            Prepare(cpu);
            cpu[X64Register.R8] = 0x77;
            cpu.Run(5);
            return cpu;
        }
    }

    [Fact]
    public void R8_to_R15_are_lost_with_long_mode_where_they_may_be()
    {
        // push 18h; push 8009h; retfq; mov eax, cr0; btr eax, 31; mov cr0, eax
        X64Processor cpu = SimulatedMachine.LongMode(
            SimulatedMachine.Hex("6A18 6809800000 48CB 0F20C0 0FBAF01F 0F22C0"), new X64Options { Losses = new Garbage(1) });
        Prepare(cpu);
        cpu[X64Register.R8] = 0x77;
        cpu[X64Register.R15] = 0x77;
        cpu.Run(5);
        Assert.Equal(0x77UL, cpu[X64Register.R8]);
        cpu.ExecuteNext();
        Assert.Equal(X64Mode.Protected32, cpu.Mode);
        Assert.NotEqual(0x77UL, cpu[X64Register.R8]);
        Assert.NotEqual(0x77UL, cpu[X64Register.R15]);
    }

    [Fact]
    public void Compatibility_mode_has_16_bit_code_too()
    {
        // push 20h; push 9000h; retfq
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex("6A20 6800900000 48CB"));
        Prepare(cpu);
        cpu.Run(3);
        Assert.Equal(X64Mode.Compatibility16, cpu.Mode);
        Assert.Equal(16, cpu.Bits);
    }

    [Theory]
    [InlineData("0F20C0 0FBAF01F 0F22C0", "PG cannot be cleared in 64-bit mode")]
    [InlineData("0F20E0 480FBAE80C 0F22E0", "LA57 cannot be changed in long mode")]
    [InlineData("0F20E0 480FBAF005 0F22E0", "PAE cannot be cleared in long mode")]
    [InlineData("0F20E0 480FBAE81F 0F22E0", "reserved")]
    [InlineData("0F20C0 480FBAE820 0F22C0", "the upper half is not zero")]
    [InlineData("0F20C0 480FBAE81D 0F22C0", "NW needs CD")]
    [InlineData("0F20C0 480FBAF000 0F22C0", "PG needs PE")]
    [InlineData("B9800000C0 0F32 480FBAF008 0F30", "LME cannot be changed")]
    [InlineData("B9800000C0 B801070000 0F30", "reserved")]
    [InlineData("B900000040 0F32", "there is no MSR 0x40000000")]
    [InlineData("48B80000000000000001 0F22D8", "beyond the 40 of a physical address")]
    [InlineData("B810000000 440F22C0", "CR8")]
    public void What_the_manual_forbids_is_a_general_protection(string code, string reason)
    {
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex(code));
        X64State before = cpu.State;
        X64FaultException fault = Assert.Throws<X64FaultException>(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                before = cpu.State;
                cpu.ExecuteNext();
            }
        });
        Assert.Equal("#GP(0x0)", fault.Kind);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.Empty(before.Differences(cpu.State));
    }

    [Fact]
    public void Long_mode_cannot_come_up_with_64_bit_code_loaded()
    {
        X64Processor cpu = SimulatedMachine.LongMode(SimulatedMachine.Hex("0F22C0"));
        cpu.State = X64State.Protected32(SimulatedMachine.Code) with
        {
            Cr3 = SimulatedMachine.Root,
            Cr4 = X64Cr4.PAE,
            Efer = X64Efer.LME,
        };
        cpu[X64SegmentRegister.Cs] = SegmentState.Code32(8) with { Attributes = 0xA09B };
        cpu[X64Register.Rax] = X64Cr0.PG | X64Cr0.PE;
        Assert.Contains("CS.L", Assert.Throws<X64FaultException>(cpu.ExecuteNext).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_line_20_folds_odd_megabytes_onto_even_ones()
    {
        X64Processor cpu = SimulatedMachine.Protected32(SimulatedMachine.Hex("A000001000"));
        cpu.Memory.Write(0x100000, 1, 0x11);
        cpu.Memory.Write(0, 1, 0x22);
        cpu.A20 = false;
        cpu.ExecuteNext();
        Assert.Equal(0x22UL, cpu[X64Register.Rax]);
    }

    private static void Prepare(X64Processor cpu)
    {
        for (int i = 0; i < Descriptors.Length; i++)
        {
            cpu.Memory.Write(Table + ((ulong)i * 8), 8, Descriptors[i]);
        }

        cpu.Gdtr = new TableRegister(Table, (ushort)((Descriptors.Length * 8) - 1));
    }
}
