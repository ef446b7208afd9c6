using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Machines;

namespace Baton.Protocols.LinuxX86;

/// <summary>
/// The parts of boot_params that describe the machine and not a kernel. The firmware was asked once, by whoever booted
/// first; these answers are handed on as the running kernel got them.
/// </summary>
internal static class MachineFacts
{
    /// <summary>What is handed on byte for byte.</summary>
    private static readonly DeclaredBlock[] Blocks =
    [
        BootParamsFields.ScreenInfo,
        BootParamsFields.IstInfo,
        BootParamsFields.EdidInfo,
        BootParamsFields.EddMbrSigBuffer,
        BootParamsFields.Eddbuf,
    ];

    private static readonly Field<byte>[] Counts =
    [
        BootParamsFields.EddbufEntries,
        BootParamsFields.EddMbrSigBufEntries,
        BootParamsFields.SecureBoot,
    ];

    /// <summary>Writes the facts into boot_params.</summary>
    public static void Write(Span<byte> page, Machine machine)
    {
        if (machine.BootParams.Length >= BootParamsFields.Size)
        {
            ByteView running = new(machine.BootParams.Span, "boot_params");
            foreach (DeclaredBlock block in Blocks)
            {
                running.Take(block.Offset, block.Length, block.Name).CopyTo(page[block.Offset..]);
            }

            foreach (Field<byte> count in Counts)
            {
                count.Write(page, count.Read(running));
            }

            // A platform that is no plain PC, which the next kernel must know as well.
            SetupFields.HardwareSubarch.Write(page, SetupFields.HardwareSubarch.Read(running));
            SetupFields.HardwareSubarchData.Write(page, SetupFields.HardwareSubarchData.Read(running));
        }

        BootParamsFields.AcpiRsdpAddr.Write(page, machine.AcpiRsdp?.Value ?? 0);
    }
}
