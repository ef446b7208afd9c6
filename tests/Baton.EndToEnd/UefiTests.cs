using Baton.Lab;
using Baton.Machines;
using Baton.Memory;

namespace Baton.EndToEnd;

/// <summary>UEFI firmware: the next kernel finds its tables, and its runtime services work.</summary>
public sealed class UefiTests
{
    private const string Directory = "sys/firmware/efi";
    private const string Variable = "/efivars/Baton-5e3a7d51-3b8c-4d2e-9f60-0d6a2b1c4e77";

    [Theory]
    [InlineData("kexec-load", 1024, "max,la57=off")]
    [InlineData("kexec-load", 6144, "max")]
    [InlineData("kexec-file-load", 1024, "max")]
    public void Runtime_services_and_tables_survive_the_handover(string carrier, int memory, string processor)
    {
        const string mount = "mkdir /efivars; mount -t efivarfs efivarfs /efivars";
        ScenarioResult result = new Handover
        {
            Firmware = Firmware.Uefi,
            MemoryMiB = memory,
            ProcessorModel = processor,
            Options = $"--carrier {carrier}",
            Modules = ["fs/efivarfs/efivarfs.ko"],

            // Attributes first: kept, and seen at boot and at run time.
            Before = $"{mount}\nprintf '\\007\\000\\000\\000from a' >{Variable}",
            After = $"{mount}\ntry variable tail -c +5 {Variable}\nls /efivars | sort >/tmp/list\nsend variables /tmp/list",
        }.Run();

        Witness a = result.Witness("a");
        Witness b = result.Witness("b");
        Assert.Equal(FirmwareKind.Uefi, b.Machine.Firmware);
        Assert.Equal("from a", result.Frames.Tried("variable").Output);
        Assert.Contains(
            "BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c", result.Frames.Text("variables"), StringComparison.Ordinal);
        Assert.Equal(EfiFiles(a), EfiFiles(b));
        Assert.Equal(RuntimeRegions(a), RuntimeRegions(b));
        Assert.Contains("efi: EFI v2.", b.KernelLog, StringComparison.Ordinal);
    }

    /// <summary>
    /// What the kernel tells of EFI: tables and vendor; without the address of the runtime services, which is physical
    /// only until a first kernel has called SetVirtualAddressMap.
    /// </summary>
    private static IEnumerable<string> EfiFiles(Witness witness) => witness.Files.List(Directory)
        .Where(name => name != "runtime")
        .Select(name => $"{name}: {witness.Files.Read($"{Directory}/{name}").Line}");

    /// <summary>
    /// The runtime map by address. A kernel splits a region in two when it reserves a table inside, and leaves both the
    /// same virtual address: such pieces count as one.
    /// </summary>
    private static List<EfiMemoryDescriptor> RuntimeRegions(Witness witness)
    {
        List<EfiMemoryDescriptor> regions = [];
        foreach (EfiMemoryDescriptor next in witness.Machine.Efi!.RuntimeMap.OrderBy(region => region.Range))
        {
            if (regions.Count > 0 && regions[^1] is { } last && last.Range.End == next.Range.Start
                && (last.Type, last.Attributes, last.VirtualStart) == (next.Type, next.Attributes, next.VirtualStart))
            {
                regions[^1] = last with { Range = PhysicalRange.Between(last.Range.Start, next.Range.End) };
            }
            else
            {
                regions.Add(next);
            }
        }

        Assert.NotEmpty(regions);
        return regions;
    }
}
