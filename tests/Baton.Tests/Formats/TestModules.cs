using System.Globalization;
using System.Text;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;

namespace Baton.Tests.Formats;

/// <summary>Kernel modules as gcc makes them: relocatable files with the linker set that FreeBSD's modules have.</summary>
internal static class TestModules
{
    /// <summary>Compiles a module.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="needs">What it depends on, as <c>name:minimum:preferred:maximum</c>.</param>
    public static byte[] Compile(string name, int version, params string[] needs) =>
        Compile("gcc", ["-c", "-fno-pic", "-mcmodel=kernel"], name, version, needs);

    /// <summary>Compiles a module for arm64: a shared file.</summary>
    /// <inheritdoc cref="Compile(string, int, string[])"/>
    public static byte[] CompileArm64(string name, int version, params string[] needs) => Compile(
        "aarch64-linux-gnu-gcc", ["-shared", "-fpic", "-nostdlib", "-Wl,-z,max-page-size=4096"], name, version, needs);

    private static byte[] Compile(string compiler, string[] options, string name, int version, string[] needs)
    {
        StringBuilder source = new();
        source.Append(
            """
            struct record { int version; int type; const void *data; const char *name; };
            struct depend { int minimum, preferred, maximum; };
            int table[100];
            int counter = 7;
            int step(int by) { counter += by; return table[counter & 63]; }
            int twice(int by) { return step(by) + step(by); }

            """);
        Add(3, $"{version}", name);
        Add(2, "0", name);
        foreach (string need in needs)
        {
            string[] parts = need.Split(':');
            Add(1, string.Join(", ", parts[1..]), parts[0]);
        }

        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        File.WriteAllText(folder.File("module.c"), source.ToString());
        ForeignTool.Run(
            compiler,
            [.. options, "-O2", "-ffreestanding", "module.c", "-o", "module.ko"],
            null,
            folder.Path);
        return File.ReadAllBytes(folder.File("module.ko"));

        void Add(int kind, string numbers, string module)
        {
            string id = source.Length.ToString(CultureInfo.InvariantCulture);
            source.Append(CultureInfo.InvariantCulture, $"static const struct depend data{id} = {{ {numbers} }};\n");
            source.Append(
                CultureInfo.InvariantCulture,
                $"static const struct record record{id} = {{ 1, {kind}, &data{id}, \"{module}\" }};\n");
            source.Append(
                CultureInfo.InvariantCulture,
                $"static const void *const set{id} __attribute__((section(\"set_modmetadata_set\"), used)) = &record{id};\n");
        }
    }

    public static FreeBsdModuleFile Open(byte[] bytes, string name) =>
        FreeBsdModuleFile.Open(ElfFile.Open(TestImages.Source(bytes, name)));
}
