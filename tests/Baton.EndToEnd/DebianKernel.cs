namespace Baton.EndToEnd;

/// <summary>A kernel of Debian, unpacked by tools/fetch-kernels.</summary>
/// <param name="Flavour">The end of its package's name.</param>
public sealed record DebianKernel(string Flavour)
{
    /// <summary>For virtual machines: small, without most drivers.</summary>
    public static DebianKernel Cloud { get; } = new("cloud-amd64");

    /// <summary>For all machines.</summary>
    public static DebianKernel Generic { get; } = new("amd64");

    /// <summary>For virtual machines of arm64.</summary>
    public static DebianKernel CloudArm64 { get; } = new("cloud-arm64");

    /// <summary>For all machines of arm64.</summary>
    public static DebianKernel GenericArm64 { get; } = new("arm64");

    /// <summary>The kernel image.</summary>
    public string Image => File("vmlinuz");

    /// <summary>What <c>uname -r</c> says.</summary>
    public string Release => System.IO.File.ReadAllText(File("release")).Trim();

    /// <summary>A module, by its path below <c>kernel/</c>.</summary>
    public string Module(string path) => File(Path.Join("modules", "kernel", path));

    public override string ToString() => Flavour;

    private string File(string name) =>
        Repository.Existing(Path.Join(Repository.Cache, "kernels", Flavour, name), "tools/fetch-kernels");
}
