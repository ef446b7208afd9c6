using System.Text;
using Baton.Bytes;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Protocols.FreeBsd.LoaderConf;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>What becomes of a module that loader.conf asks for: found, there already, kept out.</summary>
public sealed class ModuleSearchTests
{
    private readonly Dictionary<string, byte[]> _files = new() { ["boot/kernel/kernel"] = [1] };

    [Fact]
    public void A_name_that_is_no_file_is_found_by_the_index()
    {
        _files["boot/modules/if_re-9.ko"] = TestModules.Compile("re", 2);
        _files["boot/modules/if_re-8.ko"] = TestModules.Compile("re", 1);
        _files["boot/modules/linker.hints"] = FreeBsdTests.Hints(("re", 1, "if_re-8.ko"), ("re", 2, "if_re-9.ko"));
        ModuleSearch search = Run("re_load=YES\nre_flags=\"-x\"\n");
        FoundModule found = Assert.Single(search.Loaded);
        Assert.Equal(("/boot/modules/if_re-9.ko", "-x"), (found.Path, found.Arguments));
        Assert.Equal("loaded", search.States["re"]);
    }

    /// <summary>The kernel's own directory comes first, by whatever means the file is found there.</summary>
    [Fact]
    public void A_file_of_an_earlier_directory_is_taken_before_the_index_of_a_later_one()
    {
        _files["boot/kernel/foo.ko"] = TestModules.Compile("foo", 1);
        _files["boot/modules/new.ko"] = TestModules.Compile("foo", 2);
        _files["boot/modules/linker.hints"] = FreeBsdTests.Hints(("foo", 2, "new.ko"));
        Assert.Equal("/boot/kernel/foo.ko", Assert.Single(Run("foo_load=YES\n").Loaded).Path);
    }

    [Fact]
    public void An_index_that_is_out_of_date_hides_no_file()
    {
        _files["boot/modules/foo.ko"] = TestModules.Compile("foo", 1);
        _files["boot/modules/linker.hints"] = FreeBsdTests.Hints(("foo", 1, "gone.ko"));
        Assert.Equal("/boot/modules/foo.ko", Assert.Single(Run("foo_load=YES\n").Loaded).Path);
    }

    [Fact]
    public void A_module_that_the_kernel_has_need_not_be_found()
    {
        ModuleSearch search = Run("kernel_load=YES\n");
        Assert.Empty(search.Loaded);
        Assert.Empty(search.Findings);
        Assert.Equal("in the kernel", search.States["kernel"]);
    }

    [Fact]
    public void A_module_that_came_with_another_gets_its_own_arguments()
    {
        _files["boot/modules/foo.ko"] = TestModules.Compile("foo", 1, "bar:1:1:1");
        _files["boot/modules/bar.ko"] = TestModules.Compile("bar", 1);
        ModuleSearch search = Run("foo_load=YES\nbar_load=YES\nbar_flags=\"-b\"\n");
        Assert.Equal(
            ["/boot/modules/foo.ko ", "/boot/modules/bar.ko -b"],
            search.Loaded.Select(found => $"{found.Path} {found.Arguments}"));
        Assert.Equal("loaded", search.States["bar"]);
    }

    /// <summary>What counts is the name that is sought, as in the stock loader: a path is on no list of names.</summary>
    [Fact]
    public void The_blacklist_is_of_what_is_sought_and_is_told_of()
    {
        _files["boot/modules/i915kms.ko"] = TestModules.Compile("i915kms", 1);
        _files["boot/modules/radeonkms.ko"] = TestModules.Compile("radeonkms", 1);
        _files["boot/modules/amdgpu.ko"] = TestModules.Compile("amdgpu", 1);
        ModuleSearch search = Run(
            "module_blacklist=\"i915kms radeonkms;amdgpu\"\n"
            + "i915kms_load=YES\ni915kms_name=\"/boot/modules/i915kms.ko\"\nradeonkms_load=YES\n"
            + "card_load=YES\ncard_name=\"amdgpu\"\n");
        Assert.Equal("/boot/modules/i915kms.ko", Assert.Single(search.Loaded).Path);
        Assert.Equal(
            [
                "/boot/loader.conf:4: radeonkms_load: not loaded, since radeonkms is on module_blacklist (/boot/loader.conf:1)",
                "/boot/loader.conf:5: card_load: not loaded, since amdgpu is on module_blacklist (/boot/loader.conf:1)",
            ],
            search.Findings.Select(finding => finding.Text));
        Assert.All(search.Findings, finding => Assert.Equal(Severity.Note, finding.Severity));
        Assert.Equal("on module_blacklist", search.States["card"]);
    }

    private ModuleSearch Run(string loaderConf)
    {
        _files["boot/loader.conf"] = Encoding.UTF8.GetBytes(loaderConf);
        FreeBsdRoot root = new(new MemoryFileTree(
            "root", _files.ToDictionary(file => file.Key, file => new TreeFile(TreeFileState.Present, file.Value))));
        LoaderSettings settings = LoaderConfReader.Read(root);
        ModuleSearch search = new(root, settings.ModulePathWith("/boot/kernel"), TestFreeBsd.Open());
        search.LoadAll(settings);
        return search;
    }
}
