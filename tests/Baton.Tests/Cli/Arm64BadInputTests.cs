using System.Text;
using Baton.Bytes;
using Baton.Formats.DeviceTrees;
using Baton.Formats.Pe;
using Baton.Machines;
using Baton.Tests.Formats;
using Baton.Tests.Machines;
using Baton.Tests.Protocols;

namespace Baton.Tests.Cli;

/// <summary>What can be wrong with an arm64 handoff: each is one sentence that names the file and the property.</summary>
public sealed class Arm64BadInputTests : IDisposable
{
    private const string Sound = "BOARD";

    private readonly ForeignTool.TemporaryFolder _folder = ForeignTool.Folder();

    public static TheoryData<int, string> Cases => Vectors.Lines("arm64-bad-input.txt");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_wrong_is_one_sentence_with_its_file_and_property(int number, string vector)
    {
        string?[] fields = Vectors.Fields(vector);
        string[] words = fields[0]!.Split(' ');
        foreach (string word in words.Append(Sound).Where(word => word.All(char.IsAsciiLetterUpper)))
        {
            Write(word);
        }

        words = [.. words.Select(word => Path.Exists(_folder.File(word)) ? _folder.File(word) : word)];
        string[] machine = words.Contains("--machine") ? [] : ["--machine", _folder.File(Sound)];
        (int code, string output, string error) = Invocation.Run([.. words, .. machine, "--append", "x"]);
        Assert.True(fields[1] == $"{code}", $"line {number}: status {code}, {error}{output}");
        Assert.Equal("", output);
        string plain = error.Replace($"{_folder.Path}/", "", StringComparison.Ordinal);
        Assert.True(
            plain.Contains(fields[2]!, StringComparison.Ordinal) && plain.Contains(fields[3]!, StringComparison.Ordinal),
            $"line {number}: {plain}");
        string last = plain.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("baton: ", last, StringComparison.Ordinal);
        Assert.Equal(1, plain.Split('\n').Count(line => line.Contains(fields[3]!, StringComparison.Ordinal)));
    }

    /// <summary>Writes the file or the record that a word of a vector stands for.</summary>
    private void Write(string name)
    {
        byte[] image = TestImages.Arm64Image();
        switch (name)
        {
            case "IMAGE":
                Write(name, image);
                break;
            case "BIG":
                Write(name, TestImages.Arm64Image(flags: 0xb));
                break;
            case "BZIMAGE":
                Write(name, TestImages.BzImage());
                break;
            case "ELF":
                image[0x38] ^= 0xff;
                Write(name, TestImages.Arm64Vmlinux(image));
                break;
            case "LYING":
                Write(name, Edited(
                    TestImages.Uki(image), ".initrd", header => PeFields.VirtualSize.Write(header.Span, 0x7fff_ffff)));
                break;
            case "CUT":
                Write(name, Edited(
                    TestImages.Uki(image[..0x200]), ".linux", header => PeFields.VirtualSize.Write(header.Span, 0x20_0000)));
                break;
            case "OVERLAP":
                Write(name, Edited(
                    TestImages.Uki(image), ".linux", header => PeFields.SizeOfRawData.Write(header.Span, 0x7fff_ffff)));
                break;
            case "TWICE":
                Write(name, TestPe.Build(PeMachine.AArch64, (".linux", image), (".linux", image)));
                break;
            case "TREE":
                Write(name, Arm64Machines.Tree().ToFreshArray());
                break;
            case "NOTREE":
                Write(name, new byte[1000]);
                break;
            case "HUGE":
                using (FileStream huge = File.Create(_folder.File(name)))
                {
                    huge.SetLength(3L << 30);
                }

                break;
            default:
                Record(name);
                break;
        }
    }

    private void Record(string name)
    {
        DeviceTree tree = Arm64Machines.Tree();
        Dictionary<string, byte[]> files = Arm64Machines.Files(tree);
        switch (name)
        {
            case Sound:
                break;
            case "NOFDT":
                files.Remove(RunningDeviceTree.Path);
                break;
            case "NOIOMEM":
                files.Remove("proc/iomem");
                break;
            case "HIDDEN":
                files["proc/iomem"] = "00000000-00000000 : System RAM\n00000000-00000000 : System RAM\n"u8.ToArray();
                break;
            case "NOARCH":
                files.Remove("proc/sys/kernel/arch");
                files.Remove("proc/cpuinfo");
                break;
            case "BADFDT":
                files[RunningDeviceTree.Path] = files[RunningDeviceTree.Path][..500];
                break;
            case "NOMEMORY":
                foreach (DeviceNode node in tree.MemoryNodes().ToList())
                {
                    tree.Root.Delete(node);
                }

                files[RunningDeviceTree.Path] = tree.ToFreshArray();
                break;
            case "BADREG":
                tree.MemoryNodes().First().SetCells("reg", 0, 0x4000_0000);
                files[RunningDeviceTree.Path] = tree.ToFreshArray();
                break;
            case "FAR":
                files = Arm64Machines.Files(FarTree(), FarIoMem);
                break;
            case "PC":
                files = Trees.Pc().ToDictionary(file => file.Key, file => Encoding.UTF8.GetBytes(file.Value));
                break;
            default:
                throw new ArgumentException($"no vector has {name}", nameof(name));
        }

        foreach ((string path, byte[] bytes) in files)
        {
            Write($"{name}/{path}", bytes);
        }
    }

    private const string FarIoMem = """
        40000000-5fffffff : System RAM
        1400000000-15ffffffff : System RAM

        """;

    /// <summary>512 MiB low, where a kernel goes, and 8 GiB that begin 80 GiB above them.</summary>
    private static DeviceTree FarTree()
    {
        DeviceTree tree = Arm64Machines.Tree();
        DeviceNode[] memory = [.. tree.MemoryNodes()];
        memory[0].SetReg("reg", new DeviceRange(0x4000_0000, 0x2000_0000));
        memory[1].SetReg("reg", new DeviceRange(0x14_0000_0000, 0x2_0000_0000));
        return tree;
    }

    /// <summary>The section table's row for the kernel is changed.</summary>
    private static byte[] Edited(byte[] uki, string section, Action<Memory<byte>> edit)
    {
        edit(uki.AsMemory(uki.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(section.PadRight(8, '\0')))));
        return uki;
    }

    private void Write(string name, byte[] bytes)
    {
        string path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}
