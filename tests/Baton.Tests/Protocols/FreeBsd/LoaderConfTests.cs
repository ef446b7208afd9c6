using System.Text;
using Baton.Bytes;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.LoaderConf;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>loader.conf, the files around it, and the modules that they ask for.</summary>
public sealed class LoaderConfTests
{
    public static TheoryData<int, string> Lines => Vectors.Lines("loader-conf.txt");

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_is_taken_apart(int number, string vector)
    {
        string[] fields = vector.Split("|||");
        string line = fields[0][..^1].Replace('~', '\t');
        LoaderLine found = LoaderLine.Parse(line);
        string text = string.Join(
            ' ', ((string[])[found.Kind.ToString(), found.Name, found.Value]).Where(part => part.Length > 0));
        Assert.True(text == fields[1].Trim(), $"line {number}: {text}");
    }

    [Fact]
    public void The_table_has_at_least_60_lines() => Assert.True(Lines.Count >= 60);

    [Fact]
    public void A_malformed_line_is_named_and_passed_over_unless_strict()
    {
        Dictionary<string, byte[]> files = Root(("boot/loader.conf", "a=1\nif x then\nb=2\n"));
        LoaderSettings settings = LoaderConfReader.Read(new FreeBsdRoot(Tree(files)));
        Assert.Equal(("1", "2"), (settings["a"], settings["b"]));
        Assert.Contains(settings.Findings, finding => finding.Text.Contains("/boot/loader.conf:2", StringComparison.Ordinal)
            && finding.Text.Contains("if x then", StringComparison.Ordinal));
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => LoaderConfReader.Read(new FreeBsdRoot(Tree(files)), isStrict: true));
        Assert.Equal((ImageError.BadSyntax, "/boot/loader.conf", 2L), (e.Error, e.Where.Source, e.Where.Offset));
    }

    [Fact]
    public void Files_are_read_in_the_loaders_order_and_the_last_one_wins()
    {
        LoaderSettings settings = Read(
            ("boot/defaults/loader.conf", "a=1\nb=1\nc=1\nd=1\ne=1\nkernel=\"kernel\"\n"),
            ("boot/device.hints", "hint.uart.0.at=\"isa\"\nb=2\n"),
            ("boot/loader.conf", "c=3\nkernel=\"other\"\n"),
            ("boot/loader.conf.local", "d=4\n"),
            ("boot/loader.conf.d/b.conf", "e=6\n"),
            ("boot/loader.conf.d/a.conf", "e=5\n"),
            ("boot/loader.conf.d/c.txt", "e=7\n"));
        Assert.Equal(["1", "2", "3", "4", "6"], "abcde".Select(name => settings[$"{name}"]));
        Assert.Equal("other", settings.Kernel);
        Assert.Equal("/boot/loader.conf:2", settings.Find("kernel")!.Place.ToString());
        Assert.Equal(
            [
                "/boot/defaults/loader.conf", "/boot/device.hints", "/boot/loader.conf", "/boot/loader.conf.local",
                "/boot/loader.conf.d/a.conf", "/boot/loader.conf.d/b.conf",
            ],
            settings.Files);
        Assert.Equal("isa", settings.ToEnvironment()["hint.uart.0.at"]);
    }

    [Fact]
    public void Files_can_name_more_files_and_themselves()
    {
        LoaderSettings settings = Read(
            ("boot/loader.conf", "loader_conf_files=\"/boot/loader.conf /boot/more.conf /boot/none.conf\"\n"),
            ("boot/more.conf", "a=1\nloader_conf_dirs=\"/boot/dir\"\n"),
            ("boot/dir/x.conf", "b=2\n"));
        Assert.Equal(("1", "2"), (settings["a"], settings["b"]));
    }

    /// <summary>As in FreeBSD since 14.1, where loader.conf.local comes behind the directories.</summary>
    [Fact]
    public void Local_files_come_behind_the_directories_and_before_the_next_boot()
    {
        LoaderSettings settings = Read(
            ("boot/defaults/loader.conf",
                "loader_conf_files=\"/boot/device.hints /boot/loader.conf\"\n"
                + "local_loader_conf_files=\"/boot/loader.conf.local /boot/none\"\n"),
            ("boot/loader.conf", "a=1\nb=1\nc=1\n"),
            ("boot/loader.conf.d/x.conf", "b=2\nc=2\n"),
            ("boot/loader.conf.local", "c=3\nd=3\n"),
            ("boot/nextboot.conf", "nextboot_enable=\"YES\"\nd=4\n"));
        Assert.Equal(["1", "2", "3", "4"], "abcd".Select(name => settings[$"{name}"]));
    }

    [Fact]
    public void A_file_that_names_others_drops_none_of_the_list_that_names_it()
    {
        LoaderSettings settings = Read(
            ("boot/defaults/loader.conf", "loader_conf_files=\"/boot/loader.conf /boot/last.conf\"\n"),
            ("boot/loader.conf", "loader_conf_files=\"/boot/more.conf /boot/loader.conf\"\n"),
            ("boot/more.conf", "loader_conf_files=\"$loader_conf_files /boot/deep.conf\"\n"),
            ("boot/deep.conf", ""),
            ("boot/last.conf", ""),
            ("boot/loader.conf.d/a.conf", "loader_conf_files=\"/boot/of-a.conf\"\n"),
            ("boot/loader.conf.d/b.conf", ""),
            ("boot/of-a.conf", ""));
        Assert.Equal(
            ["defaults/loader.conf", "loader.conf", "more.conf", "deep.conf", "last.conf", "loader.conf.d/a.conf", "of-a.conf",
                "loader.conf.d/b.conf"],
            settings.Files.Select(file => file["/boot/".Length..]));
        Assert.Null(settings.ToEnvironment()["loader_conf_files"]);
    }

    [Fact]
    public void Files_that_name_further_ones_for_ever_come_to_an_end()
    {
        LoaderSettings settings = Read(
        [
            .. Enumerable.Range(0, 1200).Select(i => ($"boot/{i}.conf", $"loader_conf_files=\"/boot/{i + 1}.conf\"\n")),
            ("boot/loader.conf", "loader_conf_files=/boot/0.conf\nloader_conf_files=\"/boot/0.conf\"\n"),
        ]);
        Assert.Contains(settings.Findings, finding => finding.Id == "loader-conf-files");
        Assert.InRange(settings.Files.Count, 900, 1000);
    }

    [Fact]
    public void Programs_and_directories_for_products_are_named_and_not_read()
    {
        LoaderSettings settings = Read(
            ("boot/loader.conf", "loader_conf_files=\"/boot/loader.conf.lua /boot/none.lua\"\nproduct_vars=\"smbios.maker\"\n"),
            ("boot/loader.conf.lua", "a=1\n"),
            ("boot/loader.conf.d/b.lua", "a=2\n"));
        Assert.Null(settings["a"]);
        Assert.Equal(
            ["/boot/loader.conf.lua", "/boot/loader.conf.d/b.lua", "/boot/loader.conf:2"],
            settings.Findings.Where(finding => finding.Severity == Severity.Warning && finding.Id != "loader-conf-line")
                .Select(finding => finding.Text.Split(": ")[0]).OrderBy(place => place.Length == 19));
    }

    [Theory]
    [InlineData("nextboot_enable=\"YES\"\nkernel=\"next\"\n", "next", true)]
    [InlineData("nextboot_enable=\"NO\" \nkernel=\"next\"\n", "kernel", false)]
    public void The_next_boot_counts_once(string text, string kernel, bool counts)
    {
        LoaderSettings settings = Read(("boot/nextboot.conf", text));
        Assert.Equal((kernel, counts), (settings.Kernel, settings.NextBootFile == "/boot/nextboot.conf"));
    }

    [Fact]
    public void A_folder_that_is_boot_itself_is_read_like_a_root()
    {
        FreeBsdRoot root = new(Tree(new() { ["loader.conf"] = "a=1\n"u8.ToArray(), ["kernel/kernel"] = [1] }));
        Assert.True(root.IsBootFolder);
        Assert.Equal("1", LoaderConfReader.Read(root)["a"]);
        Assert.Equal(["kernel"], root.Kernels(["kernel"]));
        Assert.Null(root.TreePath("/etc/fstab"));
        Assert.Null(root.TreePath("/boot/../etc/fstab"));
    }

    [Fact]
    public void Variables_are_put_into_values()
    {
        LoaderSettings settings = LoaderConfReader.ReadText(
            "a=one\nb=\"${a}/$a/${none}/\"\nc=\"$a.b\"\nd=\"\\$a \\\"x\\\" \\\\ ${a}\"\nx_flags=\"\\$a\"\n");
        Assert.Equal("one/one//", settings["b"]);
        Assert.Equal("", settings["c"]);
        Assert.Equal("$a \"x\" \\ one", settings["d"]);
        Assert.Equal("\\$a", Assert.Single(settings.Modules).Flags);
        Assert.Empty(settings.Findings);
    }

    [Fact]
    public void A_variable_that_no_kernel_keeps_is_left_out_and_named()
    {
        LoaderSettings settings = LoaderConfReader.ReadText($"a=1\nb=\"{new string('x', 128)}\"\nc=\"{new string('x', 127)}\"\n");
        KernelEnvironment environment = settings.ToEnvironment();
        Assert.Equal(["a", "c"], environment.Names);
        Finding finding = Assert.Single(settings.Findings);
        Assert.Equal((Severity.Warning, "variable-too-long"), (finding.Severity, finding.Id));
        Assert.StartsWith("loader.conf:2: b: ", finding.Text, StringComparison.Ordinal);
        settings.Override("b", new string('x', 128));
        Assert.Throws<ImageFormatException>(settings.ToEnvironment().Write);
    }

    [Theory]
    [InlineData("a$")]
    [InlineData("$/b")]
    [InlineData("${a")]
    [InlineData("${}")]
    [InlineData("$-a")]
    public void A_value_with_a_dollar_and_no_name_is_malformed(string value)
    {
        LoaderSettings settings = LoaderConfReader.ReadText($"a=one\nb=old\nb=\"{value}\"\n");
        Assert.Equal("old", settings["b"]);
        Finding finding = Assert.Single(settings.Findings);
        Assert.Equal("loader-conf-line", finding.Id);
        Assert.Contains("loader.conf:3", finding.Text, StringComparison.Ordinal);
        Assert.Contains("no name behind it", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Modules_are_asked_for_in_order_without_those_on_the_blacklist()
    {
        LoaderSettings settings = LoaderConfReader.ReadText(
            "b_load=YES\na_load=yes\nc_load=YES\nd_load=YES\nd_load=NO\ne_name=\"x.ko\"\nmodule_blacklist=\"c, z\"\n"
            + "a_name=\"/boot/a-2.ko\"\na_flags=\"-x\"\nb_type=\"md_image\"\n");
        LoaderModule[] wanted = [.. settings.Wanted];
        Assert.Equal(["b", "/boot/a-2.ko"], wanted.Select(module => module.Wanted));
        Assert.Equal(("md_image", "-x"), (wanted[0].Type, wanted[1].Flags));
        Assert.Equal(2, wanted[1].Place.Line);
    }

    [Fact]
    public void The_root_comes_from_fstab()
    {
        FreeBsdRoot root = new(Tree(Root(("etc/fstab",
            "# Device\tMountpoint\tFStype\tOptions\n/dev/ada0p3 none swap sw 0 0\n/dev/ada0p2\t/\tufs\trw,noatime\t1\t1\n"))));
        Assert.Equal(("ufs:/dev/ada0p2", "rw,noatime"), root.RootOfFstab());
    }

    [Fact]
    public void Dependencies_are_loaded_each_once()
    {
        ModuleSearch search = Search(
            ("foo", TestModules.Compile("foo", 1, "bar:1:1:1", "kernel:1200000:1300000:1399999")),
            ("bar", TestModules.Compile("bar", 1, "baz:1:2:3")),
            ("baz", TestModules.Compile("baz", 2, "foo:1:1:1")));
        search.Load("foo");
        search.Load("baz");
        Assert.Equal(
            ["/boot/modules/foo.ko", "/boot/modules/bar.ko", "/boot/modules/baz.ko"], search.Loaded.Select(found => found.Path));
    }

    [Fact]
    public void A_missing_dependency_is_named_with_the_chain_that_asked_for_it()
    {
        ModuleSearch search = Search(
            ("foo", TestModules.Compile("foo", 1, "bar:1:1:1")), ("bar", TestModules.Compile("bar", 1, "baz:1:2:3")));
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => search.Load("foo"));
        Assert.Equal(ImageError.Missing, e.Error);
        Assert.Contains("needed by bar, which is needed by foo", e.Message, StringComparison.Ordinal);
        Assert.Contains("baz", e.Message, StringComparison.Ordinal);
        Assert.Empty(search.Loaded);
    }

    [Fact]
    public void A_missing_dependency_of_files_that_are_given_is_named_with_the_chain_too()
    {
        PreloadedFile[] files =
        [
            .. new[] { ("foo", "bar:1:1:1"), ("bar", "baz:1:2:3"), ("qux", "kernel:1200000:1300000:1399999") }
                .Select(module => PreloadedFile.OfModule(
                    $"/m/{module.Item1}.ko",
                    new ArraySource(TestModules.Compile(module.Item1, 1, module.Item2), module.Item1))),
        ];
        ImageFormatException e = Assert.Throws<ImageFormatException>(
            () => ModuleDependencies.Check(TestFreeBsd.Open(), files));
        Assert.Equal((ImageError.Missing, "/m/bar.ko"), (e.Error, e.Where.Source));
        Assert.Contains("is needed by /m/bar.ko, which is needed by /m/foo.ko, and neither", e.Message, StringComparison.Ordinal);
        ModuleDependencies.Check(TestFreeBsd.Open(), files[2..]);
    }

    /// <summary>
    /// Commands of FreeBSD's loader are not carried out, and each that it would have carried out is named where it stands.
    /// </summary>
    [Fact]
    public void A_command_is_named_where_it_would_have_been_carried_out()
    {
        Dictionary<string, byte[]> files = Root(
            ("boot/loader.conf",
                "exec=\"show a\"\nmfs_load=YES\nmfs_type=\"md_image\"\nmfs_name=\"/boot/mfsroot\"\nmfs_before=\"beep b\"\n"
                + "mfs_after=\"beep a\"\nmfs_error=\"beep e\"\nnone_load=YES\nnone_before=\"beep nb\"\n"
                + "none_after=\"beep na\"\nnone_error=\"beep ne\"\noff_load=NO\noff_before=\"beep ob\"\noff_error=\"beep oe\"\n"
                + "exec=\"echo Loading\"\n"),
            ("boot/mfsroot", "disk"));
        FreeBsdRoot root = new(Tree(files));
        LoaderSettings settings = LoaderConfReader.Read(root);
        ModuleSearch search = new(root, settings.ModulePath, TestFreeBsd.Open());
        search.LoadAll(settings);
        Assert.Equal(
            [
                "/boot/loader.conf:11: the loader's command \"beep ne\" is not carried out (none could not be loaded)",
                "/boot/loader.conf:1: the loader's command \"show a\" is not carried out",
                "/boot/loader.conf:5: the loader's command \"beep b\" is not carried out (before mfs is loaded)",
                "/boot/loader.conf:6: the loader's command \"beep a\" is not carried out (after mfs is loaded)",
                "/boot/loader.conf:9: the loader's command \"beep nb\" is not carried out (before none is loaded)",
            ],
            settings.Findings.Concat(search.Findings)
                .Where(finding => finding is { Id: "loader-command", Severity: Severity.Warning })
                .Select(finding => finding.Text).Order(StringComparer.Ordinal));

        // Each /boot/defaults/loader.conf has such a line.
        Finding note = Assert.Single(settings.Findings, finding => finding.Severity == Severity.Note);
        Assert.StartsWith("/boot/loader.conf:15: the loader's command \"echo Loading\"", note.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_of_another_version_is_named()
    {
        ModuleSearch search = Search(("foo", TestModules.Compile("foo", 1, "kernel:1400000:1400000:1499999")));
        ImageFormatException e = Assert.Throws<ImageFormatException>(() => search.Load("foo"));
        Assert.Equal(ImageError.Inconsistent, e.Error);
        Assert.Contains("1300000", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_finds_modules_in_files_of_other_names()
    {
        Dictionary<string, byte[]> files = Root();
        files["boot/modules/foo.ko"] = TestModules.Compile("foo", 1, "bar:1:2:2");
        files["boot/modules/new.ko"] = TestModules.Compile("bar", 2);
        files["boot/modules/linker.hints"] = FreeBsdTests.Hints(("bar", 1, "old.ko"), ("bar", 2, "new.ko"));
        ModuleSearch search = new(new FreeBsdRoot(Tree(files)), ["/boot/kernel", "/boot/modules"], TestFreeBsd.Open());
        search.Load("foo");
        Assert.Equal(["/boot/modules/foo.ko", "/boot/modules/new.ko"], search.Loaded.Select(found => found.Path));
    }

    [Fact]
    public void A_configuration_goes_on_where_a_module_is_missing()
    {
        Dictionary<string, byte[]> files = Root(
            ("boot/loader.conf", "none_load=YES\nmfs_load=YES\nmfs_type=\"md_image\"\nmfs_name=\"/boot/mfsroot\"\n"),
            ("boot/mfsroot", "disk"));
        FreeBsdRoot root = new(Tree(files));
        LoaderSettings settings = LoaderConfReader.Read(root);
        ModuleSearch search = new(root, settings.ModulePath, TestFreeBsd.Open());
        search.LoadAll(settings);
        FoundModule disk = Assert.Single(search.Loaded);
        Assert.Equal(("/boot/mfsroot", "md_image", 4L), (disk.Path, disk.Type, disk.Source.Length));
        Assert.Contains(search.Findings, finding => finding.Text.Contains("/boot/loader.conf:1", StringComparison.Ordinal)
            && finding.Text.Contains("none", StringComparison.Ordinal));
    }

    private static ModuleSearch Search(params (string Name, byte[] File)[] modules)
    {
        Dictionary<string, byte[]> files = Root();
        foreach ((string name, byte[] file) in modules)
        {
            files[$"boot/modules/{name}.ko"] = file;
        }

        return new ModuleSearch(new FreeBsdRoot(Tree(files)), ["/boot/kernel", "/boot/modules"], TestFreeBsd.Open());
    }

    private static LoaderSettings Read(params (string Path, string Text)[] files) =>
        LoaderConfReader.Read(new FreeBsdRoot(Tree(Root(files))));

    private static Dictionary<string, byte[]> Root(params (string Path, string Text)[] files) =>
        new(files.Select(file => KeyValuePair.Create(file.Path, Encoding.UTF8.GetBytes(file.Text))))
        {
            ["boot/kernel/kernel"] = [1],
        };

    private static MemoryFileTree Tree(Dictionary<string, byte[]> files) =>
        new("root", files.ToDictionary(file => file.Key, file => new TreeFile(TreeFileState.Present, file.Value)));
}
