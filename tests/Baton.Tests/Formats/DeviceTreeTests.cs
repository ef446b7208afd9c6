using System.Globalization;
using System.Text;
using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Memory;

namespace Baton.Tests.Formats;

/// <summary>Reading, editing and writing flattened device trees.</summary>
public sealed class DeviceTreeTests
{
    public static TheoryData<int, string> Broken => Vectors.Lines("devicetree-broken.txt");

    [Fact]
    public void A_tree_is_read()
    {
        DeviceTree tree = Parse(TestImages.DeviceTree());
        Assert.Equal(17u, tree.Version);
        Assert.Equal([new PhysicalRange(new PhysicalAddress(0x4800_0000), 0x1_0000)], tree.Reservations);
        Assert.Equal("test,board", tree.Root.Property("compatible")!.Text);
        Assert.Equal(["test,board", "test,family"], tree.Root.Property("model-names")!.Strings);
        Assert.Null(tree.Root.Property("model-names")!.Text);
        Assert.Equal(
            ["/", "/memory@40000000", "/memory@900000000", "/reserved-memory", "/reserved-memory/firmware@48000000",
             "/reserved-memory/pool", "/soc", "/soc/bus", "/soc/bus/sram@20", "/chosen"],
            tree.Root.Subtree().Select(n => n.Path));
        Assert.Equal("console=ttyAMA0", tree.Find("/chosen")!.Property("bootargs")!.Text);
        Assert.Equal(0x1122_3344_5566_7788UL, tree.Find("/chosen")!.Property("kaslr-seed")!.U64);
        Assert.Equal("/soc/bus/sram@20", tree.FindPhandle(7)!.Path);
        Assert.Null(tree.FindPhandle(8));
        Assert.Null(tree.Find("/memory"));
        Assert.Same(tree.Find("/soc/bus/sram@20"), tree.Find("/soc/bus/sram"));
    }

    [Fact]
    public void Memory_is_read_bank_by_bank()
    {
        DeviceTree tree = Parse(TestImages.DeviceTree());
        Assert.Equal(
            ["/memory@40000000 [0x40000000, 0x80000000) False", "/memory@40000000 [0x880000000, 0x8c0000000) False",
             "/memory@900000000 [0x900000000, 0x910000000) True"],
            tree.MemoryBanks().Select(b => $"{b.Path} {b.Range} {b.Hotpluggable}"));
        Assert.Equal(
            ["/reserved-memory/firmware@48000000 [0x48000000, 0x48100000) 1048576 True False",
             "/reserved-memory/pool  4194304 False True"],
            tree.ReservedRegions().Select(r => $"{r.Path} {r.Range} {r.Size} {r.NoMap} {r.Reusable}"));
    }

    [Fact]
    public void Memory_that_is_not_available_does_not_count()
    {
        DeviceTree tree = Parse(TestImages.DeviceTree());
        tree.Find("/memory@900000000")!.SetStrings("status", "disabled");
        Assert.Equal(2, tree.MemoryBanks().Count);
        Assert.Equal(2, tree.MemoryNodes().Count());
    }

    [Fact]
    public void An_address_is_followed_through_every_bus()
    {
        DeviceTree tree = Parse(TestImages.DeviceTree());
        DeviceNode sram = tree.Find("/soc/bus/sram@20")!;
        DeviceRange reg = Assert.Single(sram.Reg());
        Assert.Equal(new DeviceRange(0x20, 0x10), reg);

        // The bus shows 0x100 bytes at 0x1000 of the soc, which shows 0x10000 of its own at 0x9_0000_0000.
        Assert.Equal("[0x900001020, 0x900001030)", sram.ToPhysical(reg).ToString());
        Assert.Null(sram.ToPhysical(new DeviceRange(0xf8, 0x10)));
        Assert.NotNull(sram.ToPhysical(new DeviceRange(0xf0, 0x10)));
        tree.Find("/soc/bus")!.Remove("ranges");
        Assert.Null(sram.ToPhysical(reg));
    }

    [Fact]
    public void Three_cells_and_a_window_that_wraps_are_no_overflow()
    {
        DeviceTree tree = DeviceTree.Create("test");
        DeviceNode pci = tree.Root.Add("pcie");
        pci.SetCells("#address-cells", 4);
        pci.SetCells("#size-cells", 4);
        tree.Root.SetCells("#address-cells", 4);
        tree.Root.SetCells("#size-cells", 4);
        uint[] most = [uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue];
        pci.SetCells("ranges", [0, 0, 0, 0, .. most, .. most]);
        DeviceNode device = pci.Add("device");
        Assert.Throws<ImageFormatException>(() => device.ToPhysical(new DeviceRange(1, 1)));
        Assert.Throws<ImageFormatException>(() => device.ToPhysical(new DeviceRange(0, 1)));
        pci.SetEmpty("ranges");
        Assert.Throws<ImageFormatException>(() => device.ToPhysical(new DeviceRange(ulong.MaxValue, 2)));
        Assert.Equal("[0x1, 0x3)", device.ToPhysical(new DeviceRange(1, 2)).ToString());
    }

    [Fact]
    public void Cells_that_do_not_fit_are_an_error_with_a_place()
    {
        DeviceTree tree = Parse(TestImages.DeviceTree());
        DeviceNode memory = tree.Find("/memory@40000000")!;
        memory.SetCells("reg", 1, 2, 3);
        Assert.Equal("reg", Assert.Throws<ImageFormatException>(() => tree.MemoryBanks()).Where.Field);
        tree.Root.SetCells("#size-cells", 5);
        Assert.Equal("#size-cells", Assert.Throws<ImageFormatException>(() => memory.Reg()).Where.Field);
        tree.Root.SetCells("#size-cells", 1, 1);
        Assert.Throws<ImageFormatException>(() => memory.Reg());
        tree.Root.SetCells("#size-cells", 0);
        tree.Root.SetCells("#address-cells", 0);
        Assert.Throws<ImageFormatException>(() => memory.Reg());
    }

    [Fact]
    public void What_is_set_added_and_deleted_is_read_again()
    {
        DeviceTree tree = Parse(TestImages.DeviceTree());
        DeviceNode chosen = tree.Root.GetOrAdd("chosen");
        chosen.SetStrings("bootargs", "quiet");
        chosen.SetU64("linux,initrd-start", 0x1_2345_6789);
        Assert.True(chosen.Remove("kaslr-seed"));
        Assert.False(chosen.Remove("kaslr-seed"));
        DeviceNode added = tree.Root.Add("memory@a00000000");
        added.SetStrings("device_type", "memory");
        added.SetReg("reg", new DeviceRange(0xa_0000_0000, 0x1000));
        Assert.True(tree.Root.Delete(tree.Find("/soc")!));
        tree.Reservations.Add(new PhysicalRange(new PhysicalAddress(0x5000_0000), 0x2000));
        DeviceTree again = Parse(tree.ToArray());
        Assert.Equal("quiet", again.Find("/chosen")!.Property("bootargs")!.Text);
        Assert.Equal(0x1_2345_6789UL, again.Find("/chosen")!.Property("linux,initrd-start")!.Number);
        Assert.Null(again.Find("/chosen")!.Property("kaslr-seed"));
        Assert.Null(again.Find("/soc"));
        Assert.Equal(4, again.MemoryBanks().Count);
        Assert.Equal(2, again.Reservations.Count);
        Assert.Equal(tree.ToArray(), again.ToArray());
    }

    [Fact]
    public void A_reservation_of_nothing_does_not_end_the_others()
    {
        DeviceTree tree = DeviceTree.Create("test");
        tree.Reservations.Add(new PhysicalRange(new PhysicalAddress(0), 0));
        tree.Reservations.Add(new PhysicalRange(new PhysicalAddress(0x1000), 0));
        tree.Reservations.Add(new PhysicalRange(new PhysicalAddress(0), 0x1000));
        tree.Reservations.Add(new PhysicalRange(new PhysicalAddress(0x4000), 0x1000));
        byte[] blob = tree.ToArray();
        Assert.Equal(["[0x0, 0x1000)", "[0x4000, 0x5000)"], Entries(blob));
        Assert.Equal(tree.Reservations.Skip(2), Parse(blob).Reservations);

        // For libfdt and Linux such an entry hides those behind it; here they count, and are written where they do everywhere.
        int start = (int)DeviceTreeFields.OffMemRsvmap.Read(new ByteView(blob, "test"));
        DeviceTreeFields.Address.Write(blob.AsSpan(start), 0x2000);
        DeviceTreeFields.Size.Write(blob.AsSpan(start), 0);
        Assert.Empty(Entries(blob));
        DeviceTree read = Parse(blob);
        Assert.Equal(1, read.EmptyReservations);
        Assert.Equal(["[0x4000, 0x5000)"], read.Reservations.Select(r => r.ToString()));
        Assert.Equal(["[0x4000, 0x5000)"], Entries(read.ToArray()));
        Assert.Equal(["[0x4000, 0x5000)"], Entries(read.ToFreshArray()));
    }

    [Theory]
    [InlineData(DeviceTree.MostNodes, 4, "")]
    [InlineData(DeviceTree.MostNodes + 1, 0, "node name")]
    [InlineData(DeviceTree.MostNodes, 5, "e")]
    public void A_tree_of_too_many_parts_is_refused(int nodes, int properties, string field)
    {
        byte[] blob = Wide(nodes, properties);
        if (field.Length == 0)
        {
            Assert.Equal(nodes, Parse(blob).Root.Children.Count);
            return;
        }

        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Parse(blob));
        Assert.Equal((ImageError.OutOfRange, field), (e.Error, e.Where.Field));
    }

    [Fact]
    public void Names_that_cannot_be_are_refused()
    {
        DeviceNode root = DeviceTree.Create("test").Root;
        foreach (string name in (string[])["", "a/b", "a b", "a@1@2", "@1", "a\0", new string('a', 256)])
        {
            Assert.ThrowsAny<ArgumentException>(() => root.Add(name));
        }

        root.Add("a");
        Assert.Throws<ArgumentException>(() => root.Add("a"));
        Assert.Throws<ArgumentException>(() => root.SetEmpty("a@b"));
        Assert.Throws<ArgumentException>(() => root.SetStrings("a", "b\0c"));
        Assert.Throws<ArgumentException>(() => root.SetReg("reg", new DeviceRange(0, 1UL << 32)));
    }

    [Fact]
    public void A_tree_may_be_64_levels_deep_and_not_deeper()
    {
        DeviceTree tree = DeviceTree.Create("test");
        DeviceNode node = tree.Root;
        for (int level = 2; level <= 64; level++)
        {
            node = node.Add("n");
        }

        Assert.Throws<ArgumentException>(() => node.Add("n"));
        byte[] blob = tree.ToArray();
        Assert.Equal(64, Parse(blob).Root.Subtree().Count());
        byte[] deeper = Blob(
            [.. Enumerable.Repeat<uint[]>([1, 0x6e00_0000], 64).SelectMany(n => n), .. Enumerable.Repeat(2u, 65)]);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Parse(deeper));
        Assert.Equal((ImageError.OutOfRange, "node name"), (e.Error, e.Where.Field));
    }

    [Fact]
    public void What_the_structure_block_must_not_have_is_refused_with_its_place()
    {
        // The strings block is "a\0bad name\0".
        (string Field, uint[] Structure)[] cases =
        [
            ("a", [3, 0, 0, 3, 0, 0, 2]),
            ("a", [1, 0x6e00_0000, 2, 3, 0, 0, 2]),
            ("node name", [1, 0x6e00_0000, 2, 1, 0x6e00_0000, 2, 2]),
            ("node name", [1, 0, 2, 2]),
            ("node name", [1, 0x6e2f_6100, 2, 2]),
            ("node name", [1, 0x6e1b_6100, 2, 2]),
            ("property name", [3, 0, 2, 2]),
            ("token", [2, 1, 0, 2]),
            ("token", [2, 2]),
            ("token", [9]),
            ("token", [2, 3, 0, 0]),
        ];
        foreach ((string field, uint[] structure) in cases)
        {
            ImageFormatException e = Assert.Throws<ImageFormatException>(() => Parse(Blob(structure)));
            Assert.Equal(field, e.Where.Field);
            Assert.True(e.Error is ImageError.Inconsistent or ImageError.OutOfRange, e.Message);
        }

        Assert.Single(Parse(Blob([3, 0, 0, 2])).Root.Properties);
    }

    [Fact]
    public void Nops_are_read_and_not_written()
    {
        DeviceTree tree = Parse(Blob([4, 3, 0, 0, 4, 4, 1, 0x6e00_0000, 4, 2, 2, 4]));
        Assert.Equal(5, tree.Nops);
        DeviceTree again = Parse(tree.ToArray());
        Assert.Equal(0, again.Nops);
        Assert.Equal(["/", "/n"], again.Root.Subtree().Select(n => n.Path));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_blob_is_refused_with_the_place_of_the_defect(int line, string vector)
    {
        string?[] fields = Vectors.Fields(vector);
        byte[] image = TestImages.DeviceTree();
        int offset = int.Parse(fields[1]!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Convert.FromHexString(fields[2]!.Replace(" ", "", StringComparison.Ordinal)).CopyTo(image, offset);
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => Parse(image));
        Assert.True(
            fields[3] == e.Error.ToString() && fields[4] == e.Where.Field,
            $"line {line}: {e.Error}: {e.Message}");
    }

    [Fact]
    public void Layouts_of_other_writers_come_out_byte_for_byte()
    {
        byte[] plain = TestImages.DeviceTree();
        Assert.Equal(plain, Parse(plain).ToArray());
        Assert.Equal(plain, Parse(plain).ToFreshArray());

        // Free space with something in it, the strings in front, a gap, and a header of version 16.
        byte[] slack = [.. plain, 1, 2, 3, 4, 5];
        DeviceTreeFields.TotalSize.Write(slack, (uint)slack.Length);
        Assert.Equal(slack, Parse(slack).ToArray());
        byte[] moved = Rearranged(17);
        Assert.Equal(moved, Parse(moved).ToArray());
        byte[] old = Rearranged(16);
        Assert.Equal(16u, Parse(old).Version);
        Assert.Equal(old, Parse(old).ToArray());
        Assert.Equal(plain, Parse(old).ToFreshArray());
    }

    [Fact]
    public void Edits_take_their_room_from_the_free_space_and_then_grow()
    {
        DeviceTree tree = Parse(TestImages.DeviceTree());
        byte[] roomy = tree.ToFreshArray(64);
        DeviceTree edited = Parse(roomy);
        Assert.Equal(64, edited.FreeSpace);
        edited.Root.SetCells("compatible", 1, 2, 3, 4, 5, 6, 7);
        byte[] written = edited.ToArray();
        Assert.Equal(roomy.Length, written.Length);
        Assert.Equal(48, Parse(written).FreeSpace);
        edited.Root.Set("compatible", new byte[200]);
        Assert.Equal(roomy.Length - 64 + 188, edited.ToArray().Length);
        Assert.Equal(200, Parse(edited.ToArray()).Root.Property("compatible")!.Value.Length);
    }

    [Fact]
    public void A_name_may_be_the_end_of_another()
    {
        DeviceTree tree = DeviceTree.Create("test");
        tree.Root.SetEmpty("linux,phandle");
        tree.Root.SetEmpty("phandle");
        byte[] blob = tree.ToArray();
        Assert.Equal("linux,phandle\0"u8.Length, (int)DeviceTreeFields.SizeDtStrings.Read(new ByteView(blob, "")));
        Assert.Equal(["linux,phandle", "phandle"], Parse(blob).Root.Properties.Select(p => p.Name));
    }

    [Fact]
    public void Each_prefix_is_truncated() =>
        Corruption.CheckPrefixes(TestImages.DeviceTree(), Read);

    [Fact]
    public void Corrupt_blobs_raise_nothing_but_the_format_exception() =>
        Corruption.Check(TestImages.DeviceTree(), [Range.All], Read);

    internal static DeviceTree Parse(byte[] blob) => DeviceTree.Parse(blob, "test");

    private static object Read(byte[] blob)
    {
        DeviceTree tree = DeviceTree.Open(TestImages.Source(blob));
        byte[] written = tree.ToArray();
        if (tree.Nops == 0 && tree.EmptyReservations == 0)
        {
            byte[] read = blob[..(int)tree.BlobSize];
            read[DeviceTreeFields.Version.End - 1] = (byte)tree.Version;
            read.AsSpan(DeviceTreeFields.Version.Offset, 3).Clear();
            Assert.True(written.AsSpan().SequenceEqual(read), "not the same bytes");
        }

        EveryMember.Read(DeviceTree.Parse(tree.ToFreshArray(), "written"));
        using StringWriter source = new();
        try
        {
            DeviceTreeSource.Write(source, tree);
        }
        catch (ImageFormatException e) when (e.Error == ImageError.BadSyntax)
        {
        }

        // Each of these refuses some trees, and none keeps the others from being asked.
        Action[] questions =
        [
            () => tree.MemoryBanks(),
            () => tree.ReservedRegions(),
            .. tree.Root.Subtree().Select(n => (Action)(() => Ask(n))),
        ];
        foreach (Action question in questions)
        {
            try
            {
                question();
            }
            catch (ImageFormatException)
            {
            }
        }

        return tree;
    }

    private static void Ask(DeviceNode node)
    {
        node.Windows();
        foreach (DeviceRange range in node.Reg())
        {
            node.ToPhysical(range);
        }
    }

    /// <summary>The test tree with its strings first, gaps between the blocks, and free space.</summary>
    private static byte[] Rearranged(uint version)
    {
        byte[] plain = TestImages.DeviceTree();
        ByteView view = new(plain, "");
        int strings = (int)DeviceTreeFields.OffDtStrings.Read(view);
        int stringsSize = (int)DeviceTreeFields.SizeDtStrings.Read(view);
        int structure = (int)DeviceTreeFields.OffDtStruct.Read(view);
        int structureSize = (int)DeviceTreeFields.SizeDtStruct.Read(view);
        byte[] blob = new byte[0x600];
        plain.AsSpan(0, 36).CopyTo(blob);
        plain.AsSpan(strings, stringsSize).CopyTo(blob.AsSpan(0x31));
        plain.AsSpan(0x28, 0x20).CopyTo(blob.AsSpan(0x200));
        plain.AsSpan(structure, structureSize).CopyTo(blob.AsSpan(0x2fc));
        blob[0x2a] = 0xaa;
        blob[0x250] = 0xbb;
        blob[0x5ff] = 0xcc;
        DeviceTreeFields.TotalSize.Write(blob, (uint)blob.Length);
        DeviceTreeFields.OffDtStrings.Write(blob, 0x31);
        DeviceTreeFields.OffMemRsvmap.Write(blob, 0x200);
        DeviceTreeFields.OffDtStruct.Write(blob, 0x2fc);
        DeviceTreeFields.Version.Write(blob, version);
        if (version >= 17)
        {
            DeviceTreeFields.SizeDtStruct.Write(blob, (uint)structureSize);
        }

        return blob;
    }

    /// <summary>A blob with the root's FDT_BEGIN_NODE, these words, and FDT_END; the names are "a" and "ad name".</summary>
    private static byte[] Blob(uint[] words)
    {
        byte[] strings = Encoding.ASCII.GetBytes("a\0bad name\0");
        uint[] structure = [1, 0, .. words, 9];
        byte[] blob = new byte[0x38 + (structure.Length * 4) + strings.Length];
        DeviceTreeFields.Magic.Write(blob, DeviceTreeFields.MagicValue);
        DeviceTreeFields.TotalSize.Write(blob, (uint)blob.Length);
        DeviceTreeFields.OffMemRsvmap.Write(blob, 0x28);
        DeviceTreeFields.OffDtStruct.Write(blob, 0x38);
        DeviceTreeFields.OffDtStrings.Write(blob, (uint)(blob.Length - strings.Length));
        DeviceTreeFields.Version.Write(blob, 17);
        DeviceTreeFields.LastCompVersion.Write(blob, 16);
        DeviceTreeFields.SizeDtStrings.Write(blob, (uint)strings.Length);
        DeviceTreeFields.SizeDtStruct.Write(blob, (uint)structure.Length * 4);
        for (int i = 0; i < structure.Length; i++)
        {
            DeviceTreeFields.Token.Write(blob.AsSpan(0x38 + (i * 4)), structure[i]);
        }

        strings.CopyTo(blob, blob.Length - strings.Length);
        return blob;
    }

    /// <summary>The memory reservation block as libfdt and Linux read it: up to the first entry of size 0.</summary>
    private static List<string> Entries(byte[] blob)
    {
        List<string> found = [];
        ByteView view = new(blob, "test");
        for (long at = DeviceTreeFields.OffMemRsvmap.Read(view); ; at += DeviceTreeFields.ReserveEntrySize)
        {
            ulong size = DeviceTreeFields.Size.ReadAt(view, at);
            if (size == 0)
            {
                return found;
            }

            found.Add(new PhysicalRange(new PhysicalAddress(DeviceTreeFields.Address.ReadAt(view, at)), size).ToString());
        }
    }

    /// <summary>A root with that many nodes, each with properties a, b, c and so on without a value.</summary>
    private static byte[] Wide(int nodes, int properties)
    {
        byte[] strings = Encoding.ASCII.GetBytes("a\0b\0c\0d\0e\0");
        using MemoryStream structure = new();
        Add(DeviceTreeFields.BeginNode, 0);
        for (int i = 0; i < nodes; i++)
        {
            Add(DeviceTreeFields.BeginNode);
            structure.Write(Encoding.ASCII.GetBytes($"n{i:x6}\0"));
            for (uint name = 0; name < properties; name++)
            {
                Add(DeviceTreeFields.Prop, 0, 2 * name);
            }

            Add(DeviceTreeFields.EndNode);
        }

        Add(DeviceTreeFields.EndNode, DeviceTreeFields.End);
        const int start = DeviceTreeFields.HeaderSize + DeviceTreeFields.ReserveEntrySize;
        byte[] blob = [.. new byte[start], .. structure.ToArray(), .. strings];
        DeviceTreeFields.Magic.Write(blob, DeviceTreeFields.MagicValue);
        DeviceTreeFields.TotalSize.Write(blob, (uint)blob.Length);
        DeviceTreeFields.OffDtStruct.Write(blob, start);
        DeviceTreeFields.OffDtStrings.Write(blob, (uint)(blob.Length - strings.Length));
        DeviceTreeFields.OffMemRsvmap.Write(blob, DeviceTreeFields.HeaderSize);
        DeviceTreeFields.Version.Write(blob, 17);
        DeviceTreeFields.LastCompVersion.Write(blob, 16);
        DeviceTreeFields.SizeDtStrings.Write(blob, (uint)strings.Length);
        DeviceTreeFields.SizeDtStruct.Write(blob, (uint)structure.Length);
        return blob;

        void Add(params uint[] tokens)
        {
            byte[] bytes = new byte[sizeof(uint)];
            foreach (uint token in tokens)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, token);
                structure.Write(bytes);
            }
        }
    }
}
