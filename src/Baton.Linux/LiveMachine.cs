using Baton.Bytes;
using Baton.Linux.Files;
using Baton.Linux.Gathers;
using Baton.Linux.Kexec;
using Baton.Machines;

namespace Baton.Linux;

/// <summary>The machine that this process runs on: its files, and what only a running system can answer.</summary>
public static class LiveMachine
{
    /// <summary>Reads the machine.</summary>
    /// <exception cref="ImageFormatException">A file of the kernel does not follow its grammar.</exception>
    public static Machine Read()
    {
        SystemFileTree root = new("/");

        Machine machine = MachineReader.Read(root, new MachineReadOptions
        {
            // Each probe would use up one of the loads that are left.
            Probe = CallLimit.Read() is null ? KexecProbe.Run() : null,
        });
        return machine with
        {
            Totals = machine.Totals with
            {
                Releasable = KernelReserve.Releasable,
                HasFewerNotes = File.Exists(KernelSetting.FewerNotes),
            },
            FreePages = FreePagesReader.Read(machine.Usable),
        };
    }
}
