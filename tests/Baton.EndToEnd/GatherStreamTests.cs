using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>Images that arrive through pipes and downloads, in the pages from which they are handed over or loaded.</summary>
public sealed class GatherStreamTests
{
    /// <summary>Where memory is scarce, and for as long as it takes: what was set for them is put back.</summary>
    [Fact]
    public void Huge_pages_are_made_of_free_memory_and_unmade()
    {
        ScenarioResult result = new Handover
        {
            Between = $$"""
                /baton unload
                more=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages
                pages() { sed -n 's/^HugePages_Total: *//p' /proc/meminfo; }
                settings() { echo $(cat $more /proc/sys/vm/hugetlb_optimize_vmemmap) $(pages); }
                gather() {
                  /baton run /next/vmlinuz --initrd - --carrier gather --now --command-line '{{Handover.NextCommandLine}}' "$@"
                }
                sum=$(sha256sum /next/initrd.0 | cut -d ' ' -f 1)
                settings >/tmp/before
                mkfifo /tmp/pipe
                gather --sha256 $(echo $sum | tr 0-9 1-90) </tmp/pipe >/tmp/out 2>&1 &
                exec 3>/tmp/pipe
                cat /next/initrd.0 >&3
                until [ "$(pages)" != 0 ]; do sleep 0.1; done
                settings >/tmp/meanwhile
                exec 3>&-
                wait $!
                settings >/tmp/after
                for name in out before meanwhile after; do send $name /tmp/$name; done
                """,
            Jump = "cat /next/initrd.0 | gather --sha256 $sum",
        }.Run();
        Assert.Contains("and --sha256 says", result.Frames.Text("out"), StringComparison.Ordinal);
        string[] meanwhile = result.Frames.Text("meanwhile").Split(' ');
        Assert.Equal("1", meanwhile[1]);
        Assert.NotEqual("0", meanwhile[2]);
        Assert.Equal("0 0 0", result.Frames.Text("before"));
        Assert.Equal("0 0 0", result.Frames.Text("after"));
        Assert.Contains(result.Console, line => line.Text.Contains("pinned by huge pages", StringComparison.Ordinal));
    }

    [Fact]
    public void A_download_is_handed_over_from_where_it_arrived() => Download("http://127.0.0.1/initrd.0", "");

    /// <summary>With a CA of its own; loads before it trust those of the system, and nobody where there are none.</summary>
    [Fact]
    public void So_is_one_from_a_server_that_is_trusted()
    {
        ScenarioResult result = Download(
            "https://localhost/initrd.0",
            "--ca-file /ca.pem",
            """
            load() { /baton load /next/vmlinuz --initrd https://localhost/initrd.0 --sha256 $sum --append x; }
            try strangers load
            mkdir -p /etc/ssl/certs
            cp /ca.pem /etc/ssl/certs/ca-certificates.crt
            try system load
            rm -r /etc/ssl
            export SSL_CERT_FILE=/ca.pem
            try variable load
            unset SSL_CERT_FILE
            /baton unload
            """);
        Assert.Contains("no certificates of authorities", result.Frames.Tried("strangers").Error, StringComparison.Ordinal);
        Assert.All(["system", "variable"], name =>
        {
            TriedCommand tried = result.Frames.Tried(name);
            Assert.True(tried.Status == 0, tried.Error);
        });
    }

    /// <summary>A pipe, unpacked on its way and fed to kexec_load through userfaultfd, for a jump by another process.</summary>
    [Fact]
    public void A_stream_is_loaded_for_later()
    {
        ScenarioResult result = new Handover
        {
            Between = $"""
                /baton unload
                sum=$(sha256sum /next/initrd.0 | cut -d ' ' -f 1)
                gzip -c /next/initrd.0 >/tmp/packed
                /baton load /next/vmlinuz --initrd - --decompress --sha256 $sum --stream \
                  --command-line '{Handover.NextCommandLine}' </tmp/packed >/tmp/out 2>&1
                echo $? >/tmp/status
                send streamed /tmp/out
                send status /tmp/status
                /baton load /next/vmlinuz --initrd /next/initrd.0 --sha256 $(echo $sum | tr 0-9 1-90) >/tmp/out 2>&1
                send refused /tmp/out
                """,
        }.Run();
        Assert.True(result.Frames.Text("status") == "0", result.Frames.Text("streamed"));
        Assert.DoesNotContain("userfaultfd", result.Frames.Text("streamed"), StringComparison.Ordinal);
        Assert.Contains("and --sha256 says", result.Frames.Text("refused"), StringComparison.Ordinal);
    }

    /// <summary>What streamed is copied then, which is said, and done only where there is memory for it.</summary>
    [Fact]
    public void Without_userfaultfd_it_is_loaded_as_well()
    {
        ScenarioResult result = new Handover
        {
            CompiledPrograms = ["without-call"],
            Between = $$"""
                /baton unload
                load() {
                  /without-call 323 /baton load /next/vmlinuz --initrd - --stream --command-line '{{Handover.NextCommandLine}}'
                }
                long() { { cat /next/initrd.0; head -c 340000000 /dev/zero; } | load; }
                short() { load </next/initrd.0; }
                try long long
                cat /sys/kernel/kexec_loaded >/tmp/behind
                send behind /tmp/behind
                try short short
                """,
        }.Run();
        TriedCommand tooLong = result.Frames.Tried("long");
        Assert.Equal(69, tooLong.Status);
        Assert.Contains("without userfaultfd(2) a stream is copied", tooLong.Error, StringComparison.Ordinal);
        Assert.Equal("0", result.Frames.Text("behind"));
        TriedCommand held = result.Frames.Tried("short");
        Assert.True(held.Status == 0, held.Error);
        Assert.Contains("no userfaultfd (ENOSYS), so the files are mapped", held.Output + held.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// Large enough that the collector stops the threads meanwhile, by a signal: the kernel then asks twice for a page.
    /// Zeros behind an archive are no part of it.
    /// </summary>
    [Fact]
    public void A_long_stream_is_loaded_for_later()
    {
        ScenarioResult result = new Handover
        {
            Between = $$"""
                /baton unload
                { cat /next/initrd.0; head -c 262144000 /dev/zero; } |
                  /baton load /next/vmlinuz --initrd - --stream --command-line '{{Handover.NextCommandLine}}' >/tmp/out 2>&1
                echo $? >/tmp/status
                send streamed /tmp/out
                send status /tmp/status
                """,
        }.Run();
        Assert.True(result.Frames.Text("status") == "0", result.Frames.Text("streamed"));
    }

    /// <summary>The static binary, over the guest's own network.</summary>
    private static ScenarioResult Download(string address, string options, string before = "")
    {
        string folder = System.IO.Directory.CreateTempSubdirectory("baton-ca-").FullName;
        try
        {
            HostProgram.Run(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=localhost", "-days", "3650", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", $"{folder}/key.pem", "-out", $"{folder}/ca.pem");
            return new Handover
            {
                GuestFiles = new Dictionary<string, string>
                {
                    ["ca.pem"] = $"{folder}/ca.pem",
                    ["key.pem"] = $"{folder}/key.pem",
                },
                GuestPrograms = ["/usr/bin/openssl"],
                Between = """
                    /baton unload
                    ifconfig lo 127.0.0.1
                    mkdir -p /etc
                    echo "127.0.0.1 localhost" >/etc/hosts
                    httpd -h /next
                    ( cd /next && openssl s_server -quiet -accept 443 -cert /ca.pem -key /key.pem -WWW ) &
                    listens() { cat /proc/net/tcp* | grep -q ":$1 .* 0A "; }
                    until listens 0050 && listens 01BB; do sleep 0.1; done
                    """,
                Jump = $$"""
                    sum=$(sha256sum /next/initrd.0 | cut -d ' ' -f 1)
                    {{before}}
                    /baton run /next/vmlinuz --initrd {{address}} {{options}} --sha256 $sum --now \
                      --command-line '{{Handover.NextCommandLine}}'
                    """,
            }.Run();
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }
}
