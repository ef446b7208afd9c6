using Baton.Machines;
using Baton.Formats.BzImage;

namespace Baton.Tests.Machines;

public sealed class KexecAbilityTests
{
    private const string Lockdown = "sys/kernel/security/lockdown";
    private const string Config = "boot/config-6.1.0-test";
    private const string NoCapability = "Name:\tcat\nCapEff:\t000001ffffbfffff\n";

    [Fact]
    public void A_plain_kernel_allows_both()
    {
        KexecAbility kexec = Read(Trees.Pc());

        Assert.True(kexec.KexecLoad.Allowed);
        Assert.True(kexec.KexecFileLoad.Allowed);
        Assert.False(kexec.Loaded);
        Assert.False(kexec.CrashLoaded);
    }

    [Theory]
    [InlineData(Config, "CONFIG_KEXEC_FILE=y\n", false, true, "built without CONFIG_KEXEC (test:boot/config-6.1.0-test)")]
    [InlineData(Config, "CONFIG_KEXEC=y\n", true, false, "built without CONFIG_KEXEC_FILE")]
    [InlineData(Config, "# CONFIG_KEXEC is not set\n", false, false, "built without CONFIG_KEXEC ")]
    [InlineData(Lockdown, "none [integrity] confidentiality\n", false, true, "locked down (integrity)")]
    [InlineData(Lockdown, "none integrity [confidentiality]\n", false, true, "locked down (confidentiality)")]
    [InlineData("proc/sys/kernel/kexec_load_disabled", "1\n", false, false, "kexec_load_disabled is 1")]
    [InlineData("proc/sys/kernel/kexec_load_limit_reboot", "0\n", false, false, "kexec_load_limit_reboot is 0")]
    [InlineData("proc/self/status", NoCapability, false, false, "no CAP_SYS_BOOT: run as root")]
    public void Each_obstacle_is_named(string path, string content, bool load, bool fileLoad, string reason)
    {
        Dictionary<string, string> files = Trees.Pc();
        files[path] = content;

        KexecAbility kexec = Read(files);

        Assert.Equal((load, fileLoad), (kexec.KexecLoad.Allowed, kexec.KexecFileLoad.Allowed));
        KexecCall denied = load ? kexec.KexecFileLoad : kexec.KexecLoad;
        Assert.Contains(denied.Reasons, r => r.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_limit_that_is_not_reached_is_no_obstacle()
    {
        Dictionary<string, string> files = Trees.Pc();
        files["proc/sys/kernel/kexec_load_limit_reboot"] = "-1\n";
        Assert.True(Read(files).KexecLoad.Allowed);
    }

    [Fact]
    public void Without_a_configuration_nothing_is_claimed()
    {
        Dictionary<string, string> files = Trees.Pc();
        files.Remove(Config);
        Assert.Null(Read(files).KexecLoad.Allowed);

        files.Remove("sys/kernel/kexec_loaded");
        files.Remove("sys/kernel/kexec_crash_loaded");
        KexecAbility none = Read(files);
        Assert.False(none.KexecLoad.Allowed);
        Assert.Contains("has no kexec", Assert.Single(none.KexecLoad.Reasons), StringComparison.Ordinal);
        Assert.Null(none.Loaded);
    }

    [Fact]
    public void Newer_kernels_have_the_files_in_a_folder()
    {
        Dictionary<string, string> files = Trees.Pc();
        files.Remove("sys/kernel/kexec_loaded");
        files.Remove("sys/kernel/kexec_crash_loaded");
        files["sys/kernel/kexec/loaded"] = "1\n";
        files["sys/kernel/kexec/crash_loaded"] = "0\n";

        KexecAbility kexec = Read(files);

        Assert.True(kexec.Loaded);
        Assert.False(kexec.CrashLoaded);
        Assert.True(kexec.KexecLoad.Allowed);
    }

    [Theory]
    [InlineData(22, 9, true, true, "accepts the call")]
    [InlineData(22, 16, true, true, "accepts the call")]
    [InlineData(38, 38, false, false, "ENOSYS")]
    [InlineData(1, 1, false, false, "seccomp")]
    [InlineData(13, 9, false, true, "EACCES")]
    [InlineData(5, 9, false, true, "errno 5")]
    public void The_kernels_own_answer_decides(int load, int fileLoad, bool loads, bool fileLoads, string reason)
    {
        KexecAbility kexec = Read(Trees.Pc(), new KexecProbeResult(load, fileLoad));

        Assert.Equal((loads, fileLoads), (kexec.KexecLoad.Allowed, kexec.KexecFileLoad.Allowed));
        Assert.Contains(reason, string.Join(' ', kexec.KexecLoad.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_under_secure_boot_names_it()
    {
        byte[] bootParams = BootParamsTests.UefiBootParams();
        MachineReadOptions options = new() { Probe = new KexecProbeResult(1, 9) };

        KexecAbility kexec = MachineReader.Read(Trees.Of(Trees.Pc(), bootParams), options).Kexec;
        Assert.Contains("Secure Boot is on", Assert.Single(kexec.KexecLoad.Reasons), StringComparison.Ordinal);

        BootParamsFields.SecureBoot.Write(bootParams, 2);
        kexec = MachineReader.Read(Trees.Of(Trees.Pc(), bootParams), options).Kexec;
        Assert.DoesNotContain("Secure Boot", Assert.Single(kexec.KexecLoad.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Signatures_are_mentioned_where_they_are_needed()
    {
        Dictionary<string, string> files = Trees.Pc();
        files[Config] += "CONFIG_KEXEC_SIG_FORCE=y\n";
        Assert.Contains("CONFIG_KEXEC_SIG_FORCE", Read(files).KexecFileLoad.Reasons[^1], StringComparison.Ordinal);

        files = Trees.Pc();
        files[Lockdown] = "none [integrity] confidentiality\n";
        Assert.Contains("signature", Read(files).KexecFileLoad.Reasons[^1], StringComparison.Ordinal);
    }

    private static KexecAbility Read(Dictionary<string, string> files, KexecProbeResult? probe = null) =>
        MachineReader.Read(Trees.Of(files), new MachineReadOptions { Probe = probe }).Kexec;
}
