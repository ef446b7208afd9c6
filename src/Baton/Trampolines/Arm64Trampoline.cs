using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>
/// The crossing into an arm64 Linux: x0 with its one argument, the address of the device tree, x1 to x3 zero
/// (Documentation/arch/arm64/booting.rst, "Call the kernel image"). kexec has switched the MMU and the caches off already,
/// cleaned what it copied, masked the interrupts and gone back to the level of the firmware; but kexec_load(2) leaves x0 zero,
/// so that something has to load it.
/// </summary>
public static class Arm64Trampoline
{
    /// <summary>Makes the code: it runs wherever it lies, reads its own literals and writes nothing.</summary>
    /// <param name="kernelEntry">The next kernel's first instruction.</param>
    /// <param name="argument">What the kernel finds in x0.</param>
    public static byte[] Build(PhysicalAddress kernelEntry, ulong argument)
    {
        Arm64Assembler code = new();
        Label entry = code.NewLabel("kernel_entry");
        Label value = code.NewLabel("argument");
        code.Ldr(RegX.X4, entry);
        code.Ldr(RegX.X0, value);
        code.Mov(RegX.X1, RegX.Zr);
        code.Mov(RegX.X2, RegX.Zr);
        code.Mov(RegX.X3, RegX.Zr);
        code.Br(RegX.X4);

        // Aligned, because an access with the MMU off is one to device memory, where nothing else is allowed.
        code.Align(sizeof(ulong));
        code.Bind(entry);
        code.Data64(kernelEntry.Value);
        code.Bind(value);
        code.Data64(argument);
        return code.Build();
    }
}
