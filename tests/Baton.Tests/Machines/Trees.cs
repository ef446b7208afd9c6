using System.Text;
using Baton.Bytes;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>Small machines in memory, for tests that change one thing.</summary>
internal static class Trees
{
    public const string CpuInfo =
        "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: A processor\nflags\t\t: fpu lm pdpe1gb la57\n"
        + "address sizes\t: 46 bits physical, 57 bits virtual\npower management:\n\n"
        + "processor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: Another\n";

    public const string MemInfo =
        "MemTotal:       24684096 kB\nMemFree:        23685424 kB\nMemAvailable:   24232744 kB\nHugePages_Total:       0\n";

    public const string IoMem =
        "00000000-00000fff : Reserved\n00001000-0009fbff : System RAM\n00100000-3fffffff : System RAM\n"
        + "  01000000-01ffffff : Kernel code\n";

    /// <summary>A PC with 1 GiB and a BIOS, without a firmware memmap of its own.</summary>
    public static Dictionary<string, string> Pc() => new()
    {
        ["proc/cpuinfo"] = CpuInfo,
        ["proc/meminfo"] = MemInfo,
        ["proc/iomem"] = IoMem,
        ["proc/sys/kernel/arch"] = "x86_64\n",
        ["proc/sys/kernel/osrelease"] = "6.1.0-test\n",
        ["proc/version"] = "Linux version 6.1.0-test\n",
        ["proc/cmdline"] = "console=ttyS0 root=/dev/sda1\n",
        ["proc/self/status"] = "Name:\tcat\nCapEff:\t000001ffffffffff\n",
        ["boot/config-6.1.0-test"] = "CONFIG_KEXEC=y\nCONFIG_KEXEC_FILE=y\n# CONFIG_KEXEC_SIG_FORCE is not set\n",
        ["sys/kernel/kexec_loaded"] = "0\n",
        ["sys/kernel/kexec_crash_loaded"] = "0\n",
        ["sys/kernel/security/lockdown"] = "[none] integrity confidentiality\n",
        ["proc/sys/kernel/kexec_load_disabled"] = "0\n",
    };

    /// <summary>The PC with the facts of a UEFI firmware and a boot_params.</summary>
    public static (Dictionary<string, string> Text, byte[] BootParams) UefiPc()
    {
        Dictionary<string, string> files = Pc();
        files["sys/firmware/efi/fw_platform_size"] = "64\n";
        files["sys/firmware/efi/fw_vendor"] = "0x3f52aa18\n";
        files["sys/firmware/efi/runtime"] = "0x3f5ebb98\n";
        files["sys/firmware/efi/config_table"] = "0x3f5ebc98\n";
        files["sys/firmware/efi/systab"] = "ACPI20=0x3f77d014\nACPI=0x3f77d000\nSMBIOS3=0x3f51e000\nSMBIOS=0x3f520000\n";
        for (int i = 0; i < 11; i++)
        {
            string entry = $"sys/firmware/efi/runtime-map/{i}";
            files[$"{entry}/type"] = "0x6\n";
            files[$"{entry}/phys_addr"] = $"0x{0x3f000000 + (i * 0x100000):x}\n";
            files[$"{entry}/virt_addr"] = $"0xfffffffefe{i:x6}\n";
            files[$"{entry}/num_pages"] = "0x10\n";
            files[$"{entry}/attribute"] = "0x800000000000000f\n";
        }

        return (files, BootParamsTests.UefiBootParams());
    }

    public static MemoryFileTree Of(
        Dictionary<string, string> text, byte[]? bootParams = null, params string[] denied)
    {
        Dictionary<string, TreeFile> files = text.ToDictionary(
            pair => pair.Key, pair => new TreeFile(TreeFileState.Present, Encoding.UTF8.GetBytes(pair.Value)));
        if (bootParams is not null)
        {
            files["sys/kernel/boot_params/data"] = new TreeFile(TreeFileState.Present, bootParams);
        }

        foreach (string path in denied)
        {
            files[path] = TreeFile.Denied;
        }

        return new MemoryFileTree("test", files);
    }

    /// <summary>Everything that can be asked of a machine, so that nothing fails only when it is looked at.</summary>
    public static void Touch(Machine machine)
    {
        Assert.NotEmpty(Reports.ReportText(machine));
        Assert.True(machine.Usable.Length <= machine.RunningMemory.Ram.Length);
    }
}
