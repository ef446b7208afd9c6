using Baton.Bytes;
using Baton.Machines;

namespace Baton.Tests.Machines;

/// <summary>A map that does not have all of the memory: why, as far as it can be told.</summary>
public sealed class EfiMapReaderTests
{
    private const int DescriptorSize = 48;

    [Theory]
    [InlineData(3, "plugged in after the firmware had made it")]
    [InlineData(1, "the runtime regions alone, as by kexec")]
    public void A_map_that_lacks_memory_is_told_from_one_that_has_none(int descriptors, string reason)
    {
        (Dictionary<string, string> text, byte[] bootParams) = Trees.UefiPc();
        byte[] map = EfiMaps.Bytes()[^(descriptors * DescriptorSize)..];
        Baton.Formats.BzImage.BootParamsFields.EfiMemmapSize.Write(bootParams, (uint)map.Length);

        // One more GiB than the map has.
        BootParamsTests.WriteE820(bootParams, 1, 0x10_0000, 0x7ff0_0000, 1);
        MemoryFileTree tree = Trees.Of(text, bootParams);
        Dictionary<string, TreeFile> files = tree.Paths.ToDictionary(path => path, tree.Read);
        files[RecordPaths.EfiMap] = new TreeFile(TreeFileState.Present, map);

        EfiFirmware? efi = MachineReader.Read(new MemoryFileTree("test", files)).Efi;

        Assert.Null(efi?.CompleteMap);
        Assert.Contains(reason, efi?.CompleteMapProblem, StringComparison.Ordinal);
    }
}
