using Baton.Bytes;
using Baton.Linux.Files;
using Baton.Linux.Gathers;
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

        // Each probe would use up one of the loads that are left.
        bool isLimited = root.Read("proc/sys/kernel/kexec_load_limit_reboot").Line is not (null or "-1");
        Machine machine = MachineReader.Read(root, new MachineReadOptions
        {
            Probe = isLimited ? null : KexecProbe.Run(),
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
