using System.Text;
using Baton.Bytes;
using Baton.Formats.BzImage;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Devices;
using Baton.Proofs.X64;

namespace Baton.EndToEnd;

/// <summary>Real kernels on the simulated processor: no instruction of their first steps is unknown to it.</summary>
public sealed class SimulatedKernelTests
{
    private const ulong Memory = 1UL << 30;
    private const ulong LowEnd = 0x9F000;
    private const ulong OneMiB = 0x100000;
    private const ulong RealModePart = 0x90000;
    private const ushort RealModeSegment = (ushort)(RealModePart >> 4);
    private const ulong CommandLine = 0x9E000;
    private const ulong Kernel64 = 0x100_0000;
    private const string Parameters = "console=ttyS0 earlyprintk=serial,ttyS0 nokaslr";

    /// <summary>What the 64-bit entry lies behind.</summary>
    private const ulong Entry64 = 0x200;

    private readonly PhysicalMemory _memory =
        new(RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, Memory)), UnwrittenMemory.Zeros);

    private readonly PcDevices _devices = new();

    public static TheoryData<string> Flavours => [DebianKernel.Cloud.Flavour, DebianKernel.Generic.Flavour];

    [Theory]
    [MemberData(nameof(Flavours))]
    public void The_16_bit_setup_code_runs_up_to_protected_mode(string flavour)
    {
        byte[] image = Load(flavour, RealModePart, OneMiB);
        Set(SetupFields.HeapEndPtr, 0xD000);
        _devices.Gate.IsOpen = false;
        RealModeBios bios = new(
            [
                new(PhysicalRange.Between(PhysicalAddress.Zero, new PhysicalAddress(LowEnd)), 1),
                new(PhysicalRange.Between(new PhysicalAddress(OneMiB), new PhysicalAddress(Memory)), 1),
            ],
            _devices.Gate);
        X64Processor cpu = new(_memory, new X64Options { Ports = _devices, Interrupts = bios })
        {
            State = X64State.RealMode(RealModeSegment, 0).With(X64Register.Rsp, 0xE000),
            A20 = false,
        };
        cpu[X64SegmentRegister.Cs] = SegmentState.Real(RealModeSegment + 0x20) with { Attributes = 0x9B };
        _devices.Gate.Changed = isOpen => cpu.A20 = isOpen;

        Assert.Equal(X64Stop.Address, cpu.Run(1_000_000, OneMiB));
        Assert.Equal(X64Mode.Protected32, cpu.Mode);
        Assert.True(cpu.A20);
        Assert.Equal(SegmentState.Data(0x18), cpu[X64SegmentRegister.Ds]);
        ulong bootParams = cpu[X64Register.Rsi];
        Assert.Equal(2UL, _memory.Read(bootParams + (ulong)BootParamsFields.E820Entries.Offset, 1));
        Assert.Equal(
            SetupFields.Syssize.Read(new ByteView(image, flavour)),
            _memory.Read(bootParams + (ulong)SetupFields.Syssize.Offset, 4));
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public void The_64_bit_entry_runs_up_to_the_first_load_of_cr3(string flavour)
    {
        X64Processor cpu = Enter64(flavour);
        ulong root = cpu.Cr3;
        while (cpu.Cr3 == root && cpu.Instructions < 100_000)
        {
            cpu.ExecuteNext();
        }

        Assert.NotEqual(root, cpu.Cr3);
    }

    /// <summary>Decompression and relocation included: a wrong bit in seventy million instructions would show.</summary>
    [Fact]
    public void The_kernel_unpacks_itself_and_prints_the_memory_map()
    {
        // Packed with LZ4, a small part of the work of the other's XZ.
        string flavour = DebianKernel.Cloud.Flavour;
        X64Processor cpu = Enter64(flavour);
        const string LastLine = "BIOS-e820: [mem 0x0000000000100000-0x000000003fffffff] usable";
        while (!_devices.Serial.Output.Contains(LastLine, StringComparison.Ordinal) && cpu.Instructions < 300_000_000)
        {
            cpu.Run(1_000_000);
        }

        Assert.Contains($"Linux version {new DebianKernel(flavour).Release}", _devices.Serial.Output, StringComparison.Ordinal);
        Assert.Contains($"Command line: {Parameters}", _devices.Serial.Output, StringComparison.Ordinal);
        Assert.Contains(LastLine, _devices.Serial.Output, StringComparison.Ordinal);
    }

    private X64Processor Enter64(string flavour)
    {
        const ulong Root = 0x1000;
        const ulong Pointers = 0x2000;
        const ulong Descriptors = 0x3000;
        Load(flavour, RealModePart, Kernel64);
        int entry = BootParamsFields.E820Table.Offset;
        SetEntry(entry, 0, LowEnd);
        SetEntry(entry + BootParamsFields.E820EntrySize, OneMiB, Memory - OneMiB);
        Set(BootParamsFields.E820Entries, 2);

        // The first GiB maps to itself; the kernel demands __BOOT_CS and __BOOT_DS.
        _memory.Write(Root, 8, Pointers | 3);
        _memory.Write(Pointers, 8, 0x83);
        _memory.Write(Descriptors + 0x10, 8, 0x00AF_9B00_0000_FFFF);
        _memory.Write(Descriptors + 0x18, 8, 0x00CF_9300_0000_FFFF);
        return new X64Processor(_memory, new X64Options { Ports = _devices, DeliverExceptions = true })
        {
            State = X64State.LongMode(Kernel64 + Entry64, Root)
                .With(X64Register.Rsi, RealModePart)
                .With(X64Register.Rsp, 0x8000) with
            {
                Gdtr = new TableRegister(Descriptors, 0x1F),
            },
        };
    }

    private byte[] Load(string flavour, ulong realMode, ulong protectedMode)
    {
        byte[] image = File.ReadAllBytes(new DebianKernel(flavour).Image);
        int setup = (SetupFields.SetupSects.Read(new ByteView(image, flavour)) + 1) * 512;
        _memory.Set(protectedMode, image.AsSpan(setup));
        int first = protectedMode == OneMiB ? 0 : SetupFields.Start;
        _memory.Set(
            realMode + (ulong)first,
            image.AsSpan(first, (protectedMode == OneMiB ? setup : SetupFields.KernelInfoOffset.End) - first));
        _memory.Set(CommandLine, Encoding.ASCII.GetBytes(Parameters + "\0"));
        Set(SetupFields.TypeOfLoader, 0xFF);
        Set(SetupFields.Loadflags, (byte)(SetupFields.Loadflags.Read(new ByteView(image, flavour)) | 0x80));
        Set(SetupFields.CmdLinePtr, (uint)CommandLine);
        return image;
    }

    private void SetEntry(int offset, ulong start, ulong length)
    {
        _memory.Write(RealModePart + (ulong)offset, 8, start);
        _memory.Write(RealModePart + (ulong)offset + 8, 8, length);
        _memory.Write(RealModePart + (ulong)offset + 16, 4, 1);
    }

    private void Set(Field<byte> field, byte value) => _memory.Write(RealModePart + (ulong)field.Offset, 1, value);

    private void Set(Field<ushort> field, ushort value) => _memory.Write(RealModePart + (ulong)field.Offset, 2, value);

    private void Set(Field<uint> field, uint value) => _memory.Write(RealModePart + (ulong)field.Offset, 4, value);
}
