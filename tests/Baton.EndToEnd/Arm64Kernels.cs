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
    /// <param name="form">Image, Image.gz, vmlinux, zboot or UKI.</param>
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
            "vmlinux" => Vmlinux(machine, File.ReadAllBytes(image)),
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

    /// <summary>
    /// The ELF file that the kernel's build would have made: two segments for the kernel's virtual addresses, by GNU ld.
    /// </summary>
    private static string Vmlinux(Arm64Machine machine, byte[] image)
    {
        const int text = 1 << 20;
        string script = machine.Write("vmlinux.lds", Encoding.ASCII.GetBytes($$"""
            ENTRY(_text)
            PHDRS { text PT_LOAD FLAGS(7); data PT_LOAD FLAGS(6); }
            SECTIONS {
              . = 0xffff800008000000;
              _text = .;
              .text : { "{{ObjectOf(machine, "text", image[..text])}}"(.data) } :text
              .data : { "{{ObjectOf(machine, "data", image[text..])}}"(.data) } :data
              .bss : { . += 0x10000; } :data
            }
            """));
        string vmlinux = machine.Path("vmlinux");
        HostProgram.Run(
            "aarch64-linux-gnu-ld", "-T", script, "-o", vmlinux, machine.Path("text.o"), machine.Path("data.o"));
        return vmlinux;
    }

    private static string ObjectOf(Arm64Machine machine, string name, byte[] bytes)
    {
        string made = machine.Path($"{name}.o");
        HostProgram.Run(
            "aarch64-linux-gnu-objcopy", "-I", "binary", "-O", "elf64-littleaarch64", machine.Write(name, bytes), made);
        return made;
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
