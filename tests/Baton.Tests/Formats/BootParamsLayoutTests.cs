using System.Text;
using Baton.Formats;
using Baton.Formats.BzImage;

namespace Baton.Tests.Formats;

/// <summary>Every declared field against the kernel's own header, with the C compiler as the judge.</summary>
public sealed class BootParamsLayoutTests
{
    [Fact]
    public void Every_field_is_where_the_kernels_header_has_it()
    {
        StringBuilder code = new();
        code.AppendLine("#include <stddef.h>");
        code.AppendLine("#include <asm/bootparam.h>");
        code.AppendLine($"_Static_assert(sizeof(struct boot_params) == {BootParamsFields.Size}, \"size\");");
        code.AppendLine($"_Static_assert(E820_MAX_ENTRIES_ZEROPAGE == {BootParamsFields.E820MaxEntries}, \"e820\");");
        code.AppendLine($"_Static_assert(sizeof(struct boot_e820_entry) == {BootParamsFields.E820EntrySize}, \"e820\");");
        code.AppendLine($"_Static_assert(EDD_MBR_SIG_MAX == {BootParamsFields.EddMbrSigMax}, \"edd\");");
        code.AppendLine($"_Static_assert(EDDMAXNR == {BootParamsFields.EddMaxNr}, \"edd\");");
        code.AppendLine($"_Static_assert(sizeof(struct edd_info) == {BootParamsFields.EddInfoSize}, \"edd\");");
        foreach (DeclaredField field in SetupFields.All)
        {
            Assertion(code, $"hdr.{field.Name}", field.Offset, field.Size);
        }

        foreach (DeclaredField field in BootParamsFields.All)
        {
            Assertion(code, field.Name, field.Offset, field.Size);
        }

        foreach (DeclaredBlock block in BootParamsFields.Blocks)
        {
            Assertion(code, block.Name, block.Offset, block.Length);
        }

        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        ForeignTool.Run(
            "gcc", ["-x", "c", "-c", "-", "-o", folder.File("layout.o")], Encoding.ASCII.GetBytes(code.ToString()));
    }

    [Fact]
    public void The_flags_have_the_numbers_of_the_kernels_header()
    {
        (string Name, int Value)[] flags =
        [
            ("LOADED_HIGH", (int)LoadFlags.LoadedHigh),
            ("KASLR_FLAG", (int)LoadFlags.Kaslr),
            ("QUIET_FLAG", (int)LoadFlags.Quiet),
            ("KEEP_SEGMENTS", (int)LoadFlags.KeepSegments),
            ("CAN_USE_HEAP", (int)LoadFlags.CanUseHeap),
            ("XLF_KERNEL_64", (int)XLoadFlags.Kernel64),
            ("XLF_CAN_BE_LOADED_ABOVE_4G", (int)XLoadFlags.CanBeLoadedAbove4G),
            ("XLF_EFI_HANDOVER_32", (int)XLoadFlags.EfiHandover32),
            ("XLF_EFI_HANDOVER_64", (int)XLoadFlags.EfiHandover64),
            ("XLF_EFI_KEXEC", (int)XLoadFlags.EfiKexec),
            ("XLF_5LEVEL", (int)XLoadFlags.FiveLevel),
            ("XLF_5LEVEL_ENABLED", (int)XLoadFlags.FiveLevelEnabled),
        ];
        StringBuilder code = new("#include <asm/bootparam.h>\n");
        foreach ((string name, int value) in flags)
        {
            code.AppendLine($"_Static_assert({name} == {value}, \"{name}\");");
        }

        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        ForeignTool.Run(
            "gcc", ["-x", "c", "-c", "-", "-o", folder.File("flags.o")], Encoding.ASCII.GetBytes(code.ToString()));
    }

    [Fact]
    public void The_list_has_every_field_once_in_order_and_without_gaps()
    {
        int end = SetupFields.Start;
        foreach (DeclaredField field in SetupFields.All)
        {
            Assert.Equal(end, field.Offset);
            end = field.End;
        }

        Assert.Equal(0x26c, end);
    }

    private static void Assertion(StringBuilder code, string member, int offset, int size)
    {
        code.AppendLine($"_Static_assert(offsetof(struct boot_params, {member}) == {offset}, \"{member}\");");
        code.AppendLine($"_Static_assert(sizeof(((struct boot_params *)0)->{member}) == {size}, \"{member}\");");
    }
}
