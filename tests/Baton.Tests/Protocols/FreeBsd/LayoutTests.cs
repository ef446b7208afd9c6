using System.Globalization;
using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Formats.FreeBsd;
using Baton.Handoffs;
using Baton.Proofs;
using Baton.Protocols.FreeBsd;
using Baton.Tests.Formats;

namespace Baton.Tests.Protocols.FreeBsd;

/// <summary>Kernels of every layout that linkers have made: planned and proved, and put where p_vaddr says.</summary>
public sealed class LayoutTests
{
    public static TheoryData<int, string> Layouts => Vectors.Lines("freebsd-layouts.txt");

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_layout_is_planned_and_proved(int number, string vector)
    {
        string[] fields = vector.Split('|', StringSplitOptions.TrimEntries);
        string[] kind = fields[0].Split(' ');
        (int Offset, ulong Address, int Size, ulong Memory)[] loads = [.. fields[1].Split(' ').Select(load =>
        {
            ulong[] numbers =
                [.. load.Split(':').Select(text => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            return ((int)numbers[0], numbers[1], (int)numbers[2], numbers[3]);
        })];
        bool isArm64 = kind[0] == "arm64";
        bool isRelocatable = kind[1] == "relocatable";
        ulong kernBase = isArm64 ? FreeBsdKernelFile.KernBaseArm64 : FreeBsdKernelFile.KernBaseX64;
        ulong start = isArm64 ? kernBase : TestFreeBsd.Start;
        byte[] image = TestFreeBsd.Kernel(
            isRelocatable, loads, kind[2] switch { "virtual" => 0, "low" => kernBase, _ => start }, start);
        if (isArm64)
        {
            ElfFields.Machine.Write(image, (ushort)ElfMachine.AArch64);
        }

        FreeBsdKernelFile kernel = FreeBsdKernelFile.Open(ElfFile.Open(new ArraySource(image, "kernel")));
        Assert.Equal(isRelocatable, kernel.Relocatable);
        FreeBsdRequest request = (isArm64
            ? TestRequests.OfArm64(FreeBsdArm64PlannerTests.Machine(isUefi: false))
            : TestRequests.Of(TestMachines.Bios())) with { Kernel = kernel };
        Handoff handoff = isArm64 ? FreeBsdArm64Planner.Plan(request) : FreeBsdPlanner.Plan(request);
        ProofReport proof = isArm64
            ? FreeBsdArm64PlannerTests.Prove(request, handoff)
            : FreeBsdPlannerTests.Prove(request, handoff);
        Assert.True(proof.Holds, $"line {number}: {string.Join('\n', proof.Failed)}");

        // The kernel's place is where its first segment's address says, whatever p_paddr is.
        byte[] loaded = handoff.Named("kernel").Bytes();
        ulong first = loads.Min(load => load.Memory > 0 ? load.Address : ulong.MaxValue);
        ulong lead = (start + first) % (isArm64 ? 0x1_0000UL : 0x1000UL);
        foreach ((int offset, ulong address, int size, ulong _) in loads)
        {
            Assert.Equal(
                Convert.ToHexString(image.AsSpan(offset, size)),
                Convert.ToHexString(loaded.AsSpan((int)(lead + address - first), size)));
        }
    }
}
