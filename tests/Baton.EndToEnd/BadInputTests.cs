using Baton.Linux.Files;

namespace Baton.EndToEnd;

/// <summary>Bad input to a loaded machine: a clear sentence, a sysexits status, and what was loaded stays loaded.</summary>
public sealed class BadInputTests
{
    /// <summary>What is tried, with the status that it must give and a part of the sentence.</summary>
    private static readonly (string Name, string Preparation, string Arguments, int Status, string Sentence)[] Cases =
    [
        ("absent", "", "/bad/absent", 66, "/bad/absent"),
        ("directory", "", "/next", 74, "is a directory"),
        ("empty", ": >/bad/empty", "/bad/empty", 65, "/bad/empty"),
        ("truncated", "head -c 5000000 /next/vmlinuz >/bad/truncated", "/bad/truncated", 65, "/bad/truncated"),
        ("header", "head -c 600 /next/vmlinuz >/bad/header", "/bad/header", 65, "/bad/header"),
        ("random", "head -c 100000 /dev/urandom >/bad/random", "/bad/random", 65, "/bad/random"),
        ("arm64", "{ printf 'MZ\\0\\0'; head -c 52 /dev/zero; printf 'ARM\\144'; head -c 9999 /dev/zero; } >/bad/arm64",
            "/bad/arm64", 65, "/bad/arm64"),
        ("command-line", "", "/next/vmlinuz --command-line \"$(head -c 5000 /dev/zero | tr '\\0' x)\"", 65, "2047"),
        ("initrd", "truncate -s 2G /bad/initrd", "/next/vmlinuz --initrd /bad/initrd", 69, "initrd"),
        ("half-of-ram", "truncate -s 600M /bad/half", "/next/vmlinuz --initrd /bad/half", 69, "\"baton run --now\" would gather"),
        ("no-initrd", "", "/next/vmlinuz --initrd /bad/absent", 66, "/bad/absent"),
        ("place", "", "/next/vmlinuz --initrd /next/initrd --place initrd=0xffff0000", 69, "initrd"),
        ("usage", "", "/next/vmlinuz --carrier ox-cart", 64, "ox-cart"),
    ];

    [Fact]
    public void What_was_loaded_stays_loaded()
    {
        string tries = string.Concat(Cases.Select(c => $"""
            {c.Preparation}
            try {c.Name} /baton load {c.Arguments}
            cat /sys/kernel/kexec_loaded >/tmp/loaded
            send {c.Name}.loaded /tmp/loaded

            """));
        ScenarioResult result = new Scenario
        {
            Initramfs = Guests.With($"""
                mkdir /bad
                line='console=ttyS0 no_timer_check panic=-1 the=first'
                try first /baton load /next/vmlinuz --initrd /next/initrd --command-line "$line"
                {tries}
                try unprivileged setuidgid 1000:1000 /baton load /next/vmlinuz --command-line x
                echo 4194305 17 >/run/baton/list
                try left-behind /baton exec --now
                rm /run/baton/list
                /baton exec --now
                """)
                .AddHostFile("baton", Repository.Binary)
                .Add("next/vmlinuz", FileSource.Open(DebianKernel.Generic.Image))
                .Add("next/initrd", Guests.With("witness b").ToArray()),
        }.Run();

        Assert.Equal(0, result.Frames.Tried("first").Status);
        Assert.All(Cases, c =>
        {
            TriedCommand tried = result.Frames.Tried(c.Name);
            Assert.True(tried.Status == c.Status, $"{c.Name}: status {tried.Status}, not {c.Status}: {tried.Error}");
            Assert.Contains(c.Sentence, tried.Error, StringComparison.Ordinal);
            Assert.All(tried.Error.Split('\n'), line => Assert.StartsWith("baton: ", line));
            Assert.Equal("", tried.Output);
            Assert.Equal("1", result.Frames.Text($"{c.Name}.loaded"));
        });

        // A list whose process is gone leads nowhere.
        Assert.Equal(69, result.Frames.Tried("left-behind").Status);
        Assert.Contains("left its list loaded", result.Frames.Tried("left-behind").Error, StringComparison.Ordinal);
        Assert.Equal("console=ttyS0 no_timer_check panic=-1 the=first", result.Witness("b").CommandLine);
    }
}
