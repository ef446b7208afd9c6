using System.IO.Compression;
using System.Text;
using Baton.Formats.Pe;
using Baton.Tests.Formats;

namespace Baton.EndToEnd;

/// <summary>Debian's kernel for arm64, which is an Image, in the other forms that there are.</summary>
internal static class Arm64Kernels
{
    /// <summary>Writes the kernel in a form.</summary>
    /// <param name="machine">The machine in whose folder the file goes.</param>
    /// <param name="form">Image, Image.gz, zboot or UKI.</param>
    /// <param name="initrd">What a UKI has as its initrd.</param>
    /// <param name="commandLine">What a UKI has as its command line.</param>
    /// <returns>The file.</returns>
    public static string Write(Arm64Machine machine, string form, byte[] initrd, string commandLine)
    {
        string image = DebianKernel.GenericArm64.Image;
        return form switch
        {
            "Image" => image,
            "Image.gz" => machine.Write("Image.gz", Gzip(File.ReadAllBytes(image))),
            "zboot" => machine.Write("zboot", Zboot(File.ReadAllBytes(image))),
            "UKI" => machine.Write("uki.efi", TestPe.Build(
                PeMachine.AArch64,
                (".text", new byte[100]),
                (".osrel", "NAME=Test\n"u8.ToArray()),
                (".cmdline", Encoding.UTF8.GetBytes(commandLine + "\n")),
                (".initrd", initrd),
                (".linux", Zboot(File.ReadAllBytes(image))))),
            _ => throw new ArgumentException($"there is no form {form}", nameof(form)),
        };
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Zboot(byte[] image) => TestPe.Zboot("gzip", Gzip(image), image.Length);
}
