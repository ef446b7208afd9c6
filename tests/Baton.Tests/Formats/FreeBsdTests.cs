using System.Text;
using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;

namespace Baton.Tests.Formats;

/// <summary>FreeBSD kernels, modules and the index of modules.</summary>
public sealed class FreeBsdTests
{
    private static readonly Lazy<byte[]> Module =
        new(() => TestModules.Compile("if_foo", 3, "usb:1:1:2", "miibus:1:1:1", "kernel:1200000:1300000:1399999"));

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public void A_kernel_is_read(bool relocatable, int linker)
    {
        byte[] image = TestFreeBsd.Kernel(relocatable, (KernelLinker)linker);
        KernelImage kernel = KernelImages.Open(TestImages.Source(image));
        Assert.Equal("FreeBSD kernel", kernel.Format);
        Assert.Equal(TestFreeBsd.Version, kernel.Version);
        FreeBsdKernelFile file = kernel.FreeBsd!;
        Assert.Equal(Architecture.X64, file.Architecture);
        Assert.Equal("GENERIC", file.Ident);
        Assert.Equal(relocatable, file.Relocatable);
        Assert.Equal(relocatable, kernel.Rules.Relocatable);
        Assert.Equal(TestFreeBsd.Start, file.Start);
        Assert.Equal(linker == 0 ? 2 : 5, file.Loads.Count);
        Assert.Equal([new ModuleMetadata(ModuleMetadataKind.Version, "kernel", 1_300_000, 0, 0)], file.Metadata);
    }

    /// <summary>The instructions of amd64 begin anywhere.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(4, true)]
    public void The_entry_of_an_arm64_kernel_is_an_instructions_address(int beside, bool isTaken)
    {
        foreach (bool isArm64 in (bool[])[true, false])
        {
            byte[] image = isArm64 ? TestFreeBsd.Arm64Kernel() : TestFreeBsd.Kernel();
            ElfFields.Entry.Write(image, ElfFields.Entry.Read(new ByteView(image, "kernel")) + (ulong)beside);
            if (isTaken || !isArm64)
            {
                FreeBsdKernelFile.Open(ElfFile.Open(TestImages.Source(image)));
                continue;
            }

            ImageFormatException e = Assert.Throws<ImageFormatException>(
                () => FreeBsdKernelFile.Open(ElfFile.Open(TestImages.Source(image))));
            Assert.Equal((ImageError.OutOfRange, "e_entry"), (e.Error, e.Where.Field));
        }
    }

    [Fact]
    public void A_kernel_without_the_mark_in_its_header_is_known_by_its_interpreter()
    {
        byte[] image = TestFreeBsd.Kernel();
        ElfFields.OsAbi.Write(image, 0);
        ElfFields.Shnum.Write(image, 0);
        Assert.False(FreeBsdKernelFile.Matches(ElfFile.Open(TestImages.Source(image))));
        ElfFields.Phnum.Write(image, 3);
        TestImages.WriteSegment(image, 2, new ElfSegment
        {
            Type = ElfSegmentType.Interp,
            Flags = ElfSegmentFlags.Read,
            Offset = 0x1e0,
            VirtualAddress = TestFreeBsd.Start + 0x1e0,
            PhysicalAddress = TestFreeBsd.Start + 0x1e0,
            FileSize = 13,
            MemorySize = 13,
            Alignment = 1,
        });
        "/red/herring\0"u8.CopyTo(image.AsSpan(0x1e0));
        Assert.True(FreeBsdKernelFile.Matches(ElfFile.Open(TestImages.Source(image))));
    }

    [Fact]
    public void A_stripped_kernel_shows_its_version_and_is_taken_for_a_legacy_one()
    {
        byte[] image = TestFreeBsd.Kernel();
        ElfFields.Shnum.Write(image, 0);
        FreeBsdKernelFile kernel = FreeBsdKernelFile.Open(ElfFile.Open(TestImages.Source(image)));
        Assert.Equal(TestFreeBsd.Version, kernel.Version);
        Assert.False(kernel.Relocatable);
        Assert.Null(kernel.Symbols);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stripped_kernel_is_told_by_its_dynamic_symbols(bool relocatable)
    {
        byte[] image = TestFreeBsd.Kernel(relocatable);
        int table = (int)ElfFields.Shoff.Read(new ByteView(image, "kernel")) + (3 * ElfFields.SectionHeaderSize);
        ElfFields.ShType.Write(image.AsSpan(table), ElfSection.DynamicSymbols);
        FreeBsdKernelFile kernel = FreeBsdKernelFile.Open(ElfFile.Open(TestImages.Source(image)));
        Assert.Equal((relocatable, TestFreeBsd.Version, "GENERIC"), (kernel.Relocatable, kernel.Version, kernel.Ident));
        Assert.Null(kernel.Symbols);
    }

    [Fact]
    public void A_kernel_without_any_mark_is_known_by_its_linker_set()
    {
        byte[] image = TestFreeBsd.Kernel();
        ElfFields.OsAbi.Write(image, 0);
        Assert.True(FreeBsdKernelFile.Matches(ElfFile.Open(TestImages.Source(image))));
        ElfFields.Shnum.Write(image, 0);
        Assert.False(FreeBsdKernelFile.Matches(ElfFile.Open(TestImages.Source(image))));
    }

    [Fact]
    public void Each_prefix_of_a_kernel_is_read_or_truncated() => Corruption.CheckPrefixes(TestFreeBsd.Kernel(), ReadKernel);

    [Fact]
    public void Corrupt_kernels_raise_nothing_but_the_format_exception() => Corruption.Check(
        TestFreeBsd.Kernel(), [0..0xe8, 0x540..0x578, 0x700..0x778, 0x880..TestFreeBsd.Length], ReadKernel);

    [Fact]
    public void A_module_tells_its_names_versions_and_dependencies()
    {
        FreeBsdModuleFile module = TestModules.Open(Module.Value, "if_foo.ko");
        Assert.Equal(["if_foo"], module.Modules);
        Assert.Equal(["if_foo 3"], module.Versions.Select(v => v.ToString()));
        Assert.Equal(
            ["usb 1 to 2, rather 1", "miibus 1 to 1, rather 1", "kernel 1200000 to 1399999, rather 1300000"],
            module.Dependencies.Select(d => d.ToString()).Order(StringComparer.Ordinal).Reverse());
        Assert.True(module.Dependencies.First(d => d.Name == "kernel").Accepts(1_300_139));
        Assert.False(module.Dependencies.First(d => d.Name == "kernel").Accepts(1_400_000));
    }

    [Fact]
    public void A_module_is_laid_out_section_by_section()
    {
        const ulong start = 0x1c2_d000;
        ElfFile elf = ElfFile.Open(TestImages.Source(Module.Value));
        ObjectLayout layout = ObjectLayout.Of(elf, start);
        ulong[] places = [.. Enumerable.Range(0, elf.Sections.Count).Select(i =>
            BitConverter.ToUInt64(layout.Headers.Span[((i * ElfFields.SectionHeaderSize) + ElfFields.ShAddr.Offset)..]))];
        Assert.Equal(start, places.Where(place => place != 0).Min());
        byte[] memory = new byte[layout.Length];
        new SegmentContent([.. layout.Parts]).Read(0, memory);
        ulong end = start;
        foreach (int i in Enumerable.Range(0, places.Length).Where(i => places[i] != 0).OrderBy(i => places[i]))
        {
            ElfSection section = elf.Sections[i];
            Assert.True(places[i] >= end && places[i] % Math.Max(1, section.Alignment) == 0, $"{section.Name} 0x{places[i]:x}");
            end = places[i] + section.Size;
            byte[] expected = section.Type == ElfSection.NoBits
                ? new byte[section.Size]
                : Module.Value[(int)section.Offset..(int)(section.Offset + section.Size)];
            Assert.Equal(expected, memory[(int)(places[i] - start)..(int)(end - start)]);
        }

        Assert.Equal(start + layout.Length, end);
        string[] placed = [.. Enumerable.Range(0, places.Length).Where(i => places[i] != 0).Select(i => elf.Sections[i].Name)];
        Assert.Superset(
            new HashSet<string>([".text", ".bss", ".symtab", ".strtab", ".shstrtab", ".rela.text", "set_modmetadata_set"]),
            new HashSet<string>(placed));
        Assert.DoesNotContain(".comment", placed);
    }

    /// <summary>Nothing checks the place of an SHT_NULL section: it may be anywhere, and nothing may be read of it.</summary>
    [Fact]
    public void A_section_that_is_none_is_not_read()
    {
        ElfFile elf = ElfFile.Open(TestImages.Source(Module.Value));
        int refused = 0;
        for (int i = 1; i < elf.Sections.Count; i++)
        {
            byte[] image = (byte[])Module.Value.Clone();
            Span<byte> header = image.AsSpan((int)elf.SectionTableOffset + (i * ElfFields.SectionHeaderSize));
            ElfFields.ShType.Write(header, ElfSection.Null);
            ElfFields.ShOffset.Write(header, 0xffff_ffff_ffff_ff80);
            bool isShort = i == elf.SectionNameIndex;
            ElfFields.ShSize.Write(header, isShort ? 8 : ulong.MaxValue);
            try
            {
                _ = ObjectLayout.Of(TestModules.Open(image, "module").Elf, 0x20_0000);
                Assert.False(isShort);
            }
            catch (ImageFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 4, elf.Sections.Count);
    }

    [Fact]
    public void Corrupt_modules_raise_nothing_but_the_format_exception()
    {
        byte[] bytes = Module.Value;
        int table = (int)ElfFields.Shoff.Read(new ByteView(bytes, "module"));
        Corruption.Check(bytes, [0..0x40, table..bytes.Length], image =>
        {
            FreeBsdModuleFile module = TestModules.Open(image, "module");
            _ = ObjectLayout.Of(module.Elf, 0x20_0000);
            return module;
        });
    }

    [Fact]
    public void Each_prefix_of_a_module_is_read_or_truncated() =>
        Corruption.CheckPrefixes(Module.Value, image => TestModules.Open(image, "module"));

    [Fact]
    public void The_index_of_modules_is_read()
    {
        LinkerHints hints = LinkerHints.Parse(Hints(), "linker.hints");
        Assert.Equal([new LinkerHint("usb", 1, "usb.ko"), new LinkerHint("if_foo", 3, "if_foo.ko")], hints.Hints);
    }

    [Fact]
    public void Each_prefix_of_an_index_is_read_or_truncated() =>
        Corruption.CheckPrefixes(Hints(), bytes => LinkerHints.Parse(bytes, "linker.hints"));

    [Fact]
    public void Corrupt_indices_raise_nothing_but_the_format_exception() =>
        Corruption.Check(Hints(), [0..Hints().Length], bytes => LinkerHints.Parse(bytes, "linker.hints"));

    /// <summary>An index by the format's description: two versions, and a record of another kind between them.</summary>
    internal static byte[] Hints(params (string Module, int Version, string File)[] versions)
    {
        List<byte> bytes = [1, 0, 0, 0];
        foreach ((string module, int version, string file) in versions.Length > 0 ? versions
            : [("usb", 1, "usb.ko"), ("", 0, ""), ("if_foo", 3, "if_foo.ko")])
        {
            List<byte> record = [(byte)(module.Length > 0 ? 3 : 2), 0, 0, 0, (byte)module.Length];
            record.AddRange(Encoding.ASCII.GetBytes(module));

            // The record's length stands before it, at a multiple of 4 like the record's end.
            record.AddRange(new byte[-record.Count & 3]);
            record.AddRange(BitConverter.GetBytes(version));
            record.Add((byte)file.Length);
            record.AddRange(Encoding.ASCII.GetBytes(file));
            record.AddRange(new byte[-record.Count & 3]);
            bytes.AddRange(BitConverter.GetBytes(record.Count));
            bytes.AddRange(record);
        }

        return [.. bytes];
    }

    private static object ReadKernel(byte[] bytes)
    {
        FreeBsdKernelFile kernel = FreeBsdKernelFile.Open(ElfFile.Open(TestImages.Source(bytes)));
        return kernel;
    }
}
