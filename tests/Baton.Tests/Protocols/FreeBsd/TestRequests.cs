using Baton.Formats.FreeBsd;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.FreeBsd;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>Requests with a bit of everything: symbols, a module, a memory disk, variables, flags.</summary>
internal static class TestRequests
{
    private static readonly Lazy<byte[]> Arm64Module = new(() => TestModules.CompileArm64("if_foo", 3));
    private static readonly Lazy<byte[]> Module = new(() => TestModules.Compile("if_foo", 3));

    public static FreeBsdRequest Of(
        Machine machine, bool relocatable = true, KernelLinker linker = KernelLinker.GnuLd, bool hasFiles = true)
    {
        FreeBsdRequest request = With(TestFreeBsd.Open(relocatable, linker), Module.Value, machine);
        return hasFiles ? request : request with { Files = [] };
    }

    public static FreeBsdRequest OfArm64(Machine machine, KernelLinker linker = KernelLinker.Lld) =>
        With(TestFreeBsd.OpenArm64(linker), Arm64Module.Value, machine);

    private static FreeBsdRequest With(FreeBsdKernelFile kernel, byte[] module, Machine machine)
    {
        KernelEnvironment environment = new();
        environment.Set("vfs.root.mountfrom", "ufs:/dev/md0");
        environment.Set("boot_serial", "YES");
        return new FreeBsdRequest
        {
            Kernel = kernel,
            Files =
            [
                PreloadedFile.OfModule("/boot/kernel/if_foo.ko", TestImages.Source(module, "if_foo.ko"), "-x"),
                PreloadedFile.OfRaw(
                    "/boot/mfsroot",
                    ModInfo.MemoryDiskType,
                    TestImages.Source([.. Enumerable.Range(0, 0x1803).Select(i => (byte)((i * 7) & 0xff))], "mfsroot")),
            ],
            Variables = environment,
            Howto = BootHowto.Verbose,
            Machine = machine,
        };
    }

    /// <summary>A UEFI machine whose whole memory map is known.</summary>
    public static Machine Uefi()
    {
        Machine machine = TestMachines.Uefi();
        return machine with
        {
            Efi = machine.Efi! with
            {
                SystemTable = new PhysicalAddress(0x7f00_6000),
                CompleteMap =
                [
                    Descriptor(7, 0, 0x9f000),
                    Descriptor(7, 0x10_0000, 0x7f00_0000),
                    Descriptor(5, 0x7f00_0000, 0x7f08_0000),
                    Descriptor(6, 0x7f08_0000, 0x7f10_0000),
                    Descriptor(7, 0x7f10_0000, 0x8000_0000),
                    Descriptor(7, 0x1_0000_0000, 0x2_0000_0000),
                ],
            },
            Framebuffer = new Framebuffer(
                Framebuffer.Efi, new PhysicalRange(new PhysicalAddress(0x8000_0000), 0x30_0000), 1024, 768, 32, 4096, ""),
        };
    }

    internal static EfiMemoryDescriptor Descriptor(uint type, ulong start, ulong end) =>
        new(type, PhysicalRange.Between(new PhysicalAddress(start), new PhysicalAddress(end)), 0, 0xf);
}
