using Baton.Memory;
using Baton.Proofs.Devices;
using Baton.Proofs.X64;
using Baton.Tests.Proofs.X64;

namespace Baton.Tests.Proofs.Devices;

/// <summary>The devices and the firmware, as code on the simulated processor meets them.</summary>
public sealed class PcDevicesTests
{
    private readonly PcDevices _devices = new();

    [Fact]
    public void What_is_sent_to_the_serial_port_is_kept()
    {
        // mov dx, 3fdh; in al, dx; mov dl, f8h; mov al, 'H'; out dx, al; mov al, 'i'; out dx, al
        X64Processor cpu = SimulatedMachine.RealMode(
            SimulatedMachine.Hex("BAFD03 EC 88C1 B2F8 B048 EE B069 EE"), new X64Options { Ports = _devices });
        cpu.Run(8);
        Assert.Equal(0x60UL, cpu[X64Register.Rcx] & 0x60);
        Assert.Equal("Hi", _devices.Serial.Output);
    }

    [Fact]
    public void The_divisor_is_not_output()
    {
        _devices.Write(0x3FB, 1, 0x83);
        _devices.Write(0x3F8, 1, 1);
        _devices.Write(0x3F9, 1, 0);
        Assert.Equal(1U, _devices.Read(0x3F8, 1));
        _devices.Write(0x3FB, 1, 0x03);
        Assert.Equal("", _devices.Serial.Output);
    }

    [Theory]
    [InlineData("B0D1 E664 B0DF E660", true)]
    [InlineData("B0D1 E664 B0DD E660", false)]
    [InlineData("B0DF E664", true)]
    [InlineData("B0DD E664", false)]
    [InlineData("B002 E692", true)]
    [InlineData("B000 E692", false)]
    public void Address_line_20_has_two_switches(string code, bool isOpen)
    {
        _devices.Gate.IsOpen = !isOpen;
        X64Processor cpu = SimulatedMachine.RealMode(SimulatedMachine.Hex(code + "F4"), new X64Options { Ports = _devices });
        _devices.Gate.Changed = open => cpu.A20 = open;
        cpu.Run(10);
        Assert.True(cpu.IsHalted);
        Assert.Equal(isOpen, _devices.Gate.IsOpen);
        Assert.Equal(isOpen, cpu.A20);
    }

    [Fact]
    public void The_interrupt_controllers_take_their_vectors_and_masks()
    {
        foreach ((ushort port, byte value) in ((ushort, byte)[])
        [
            (0x20, 0x11), (0xA0, 0x11), (0x21, 0x30), (0xA1, 0x38), (0x21, 4), (0xA1, 2),
            (0x21, 1), (0xA1, 1), (0x21, 0xFB), (0xA1, 0xFF),
        ])
        {
            _devices.Write(port, 1, value);
        }

        Assert.Equal([0x30, 0x38], _devices.InterruptControllers.Bases);
        Assert.Equal(0xFFFB, _devices.InterruptControllers.Masks);
    }

    [Fact]
    public void A_port_without_a_device_reads_as_ones()
    {
        // in ax, 0eeh
        X64Processor cpu = SimulatedMachine.RealMode(SimulatedMachine.Hex("E5EE"), new X64Options { Ports = _devices });
        cpu.ExecuteNext();
        Assert.Equal(0xFFFFUL, cpu[X64Register.Rax]);
    }

    [Fact]
    public void The_memory_map_comes_entry_by_entry()
    {
        BiosMemoryRange[] map =
        [
            new(new PhysicalRange(PhysicalAddress.Zero, 0x9FC00), 1),
            new(new PhysicalRange(new PhysicalAddress(0x100000), 0x700000), 2),
        ];

        // mov ax, e820h; mov cx, 20; mov edx, 'SMAP'; int 15h; jmp to the start
        RealModeBios bios = new(map);
        X64Processor cpu = SimulatedMachine.RealMode(
            SimulatedMachine.Hex("B820E8 B91400 66BA50414D53 CD15 EBF0"), new X64Options { Interrupts = bios });
        cpu[X64Register.Rdi] = 0x1000;
        cpu.Run(4);
        Assert.Equal(0UL, cpu.Rflags & X64Flags.CF);
        Assert.Equal(1UL, cpu[X64Register.Rbx]);
        Assert.Equal(0x9FC00UL, cpu.Memory.Read(SimulatedMachine.Code + 0x1008, 8));
        cpu.Run(5);
        Assert.Equal(0UL, cpu[X64Register.Rbx]);
        Assert.Equal(0x100000UL, cpu.Memory.Read(SimulatedMachine.Code + 0x1000, 8));
        Assert.Equal(2UL, cpu.Memory.Read(SimulatedMachine.Code + 0x1010, 4));
    }

    [Fact]
    public void A_service_that_is_not_there_fails_as_on_a_machine()
    {
        RealModeBios bios = new([]);
        X64Processor cpu = SimulatedMachine.RealMode(
            SimulatedMachine.Hex("B80BC0 CD15"), new X64Options { Interrupts = bios });
        cpu.Run(2);
        Assert.Equal(X64Flags.CF, cpu.Rflags & X64Flags.CF);
        Assert.Equal(0x860BUL, cpu[X64Register.Rax]);
        Assert.Equal(["int 15h, AX=c00bh"], bios.Refused);
    }

    [Fact]
    public void An_interrupt_that_nobody_answers_goes_through_the_table_and_comes_back()
    {
        // int 60h; hlt, and the handler: inc bx; iret
        X64Processor cpu = SimulatedMachine.RealMode(SimulatedMachine.Hex("CD60 F4"));
        cpu.Memory.Write(0x60 * 4, 4, 0x0900_0004);
        cpu.Memory.Set(0x9004, SimulatedMachine.Hex("43 CF"));
        cpu.Rflags |= X64Flags.IF;
        cpu.Run(2);
        Assert.Equal(0UL, cpu.Rflags & X64Flags.IF);
        cpu.Run(10);
        Assert.True(cpu.IsHalted);
        Assert.Equal(1UL, cpu[X64Register.Rbx]);
        Assert.Equal(X64Flags.IF, cpu.Rflags & X64Flags.IF);
    }
}
