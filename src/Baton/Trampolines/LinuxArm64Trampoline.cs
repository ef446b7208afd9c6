using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>
/// The crossing into an arm64 Linux kernel (Documentation/arch/arm64/booting.rst, "Call the kernel image"): x0 with the
/// address of the device tree, x1 to x3 zero. kexec has switched the MMU and the caches off already, masked the interrupts
/// and gone back to the level of the firmware; but kexec_load(2) leaves x0 zero, so that something has to load it.
/// </summary>
public static class LinuxArm64Trampoline
{
    /// <summary>Makes the code: it runs wherever it lies, reads its own literals and writes nothing.</summary>
    /// <param name="kernelEntry">The first byte of the next kernel.</param>
    /// <param name="deviceTree">The first byte of its device tree.</param>
    public static byte[] Build(PhysicalAddress kernelEntry, PhysicalAddress deviceTree)
    {
        Arm64Assembler code = new();
        Label entry = code.NewLabel("kernel_entry");
        Label tree = code.NewLabel("device_tree");
        code.Ldr(RegX.X4, entry);
        code.Ldr(RegX.X0, tree);
        code.Mov(RegX.X1, RegX.Zr);
        code.Mov(RegX.X2, RegX.Zr);
        code.Mov(RegX.X3, RegX.Zr);
        code.Br(RegX.X4);

        // Aligned, because an access with the MMU off is one to device memory, where nothing else is allowed.
        code.Align(sizeof(ulong));
        code.Bind(entry);
        code.Data64(kernelEntry.Value);
        code.Bind(tree);
        code.Data64(deviceTree.Value);
        return code.Build();
    }
}
