using Baton.Memory;
using Baton.Probe;
using Baton.Proofs.EntryStates;

namespace Baton.Tests.Proofs;

/// <summary>The promised entry states against the measured ones in tests/vectors/entry-states.</summary>
public sealed class EntryStateTests
{
    [Theory]
    [InlineData("x64-4level", false)]
    [InlineData("x64-5level", true)]
    public void X64_kernels_keep_what_is_promised(string name, bool isFiveLevel)
    {
        foreach (EntryState state in Read(name))
        {
            Assert.Equal([], EntryStateJudge.Registers(state, LinuxKexecX64.Registers(isFiveLevel, state.Entry)));
            Assert.Equal([], EntryStateJudge.PageTables(state, LinuxKexecX64.PageTables(isFiveLevel)));
        }
    }

    [Theory]
    [InlineData("arm64-el1", 1)]
    [InlineData("arm64-el2", 2)]
    public void Arm64_kernels_keep_what_is_promised(string name, int exceptionLevel)
    {
        foreach (EntryState state in Read(name))
        {
            Assert.Equal([], EntryStateJudge.Registers(state, LinuxKexecArm64.Registers(exceptionLevel, state.Entry)));
        }
    }

    /// <summary>What is promised holds for the versions that the model names, so they must have been measured.</summary>
    [Theory]
    [InlineData("x64-4level", "5.10", "6.1", "6.12")]
    [InlineData("x64-5level", "6.1", "6.12")]
    [InlineData("arm64-el1", "5.10", "6.1", "6.12")]
    [InlineData("arm64-el2", "5.10", "6.1", "6.12")]
    public void The_vectors_hold_the_first_and_the_last_version(string name, params string[] versions)
    {
        string[] measured = [.. Read(name).Select(state => string.Join('.', state.Kernel.Split('.')[..2])).Distinct()];
        Assert.Equal(versions.Order(StringComparer.Ordinal), measured.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Another_level_of_paging_or_another_entry_breaks_a_promise()
    {
        EntryState state = Read("x64-5level")[0];
        Assert.StartsWith(
            "cr4=0x1020",
            Assert.Single(EntryStateJudge.Registers(state, LinuxKexecX64.Registers(false, state.Entry))));
        Assert.StartsWith(
            "rip=0x2000000",
            Assert.Single(EntryStateJudge.Registers(state, LinuxKexecX64.Registers(true, new PhysicalAddress(0x1000)))));
        Assert.Equal(["5 levels, promised 4"], EntryStateJudge.PageTables(state, LinuxKexecX64.PageTables(false)));
    }

    [Theory]
    [InlineData("rax=", "rax=1", "rax=0x1, promised: rax = 0x0")]
    [InlineData("rflags=", "rflags=202", "rflags=0x202, promised: rflags & 0xfffffffffffff72a = 0x2")]
    [InlineData("efer=", "efer=d11", "efer=0xd11, promised: efer & 0xffffffffffc907fe = 0x500")]
    [InlineData("rsp=", "ssp=0", "ssp=0x0, promised: |rsp was not measured")]
    public void A_register_that_is_not_as_promised_is_told(string line, string changed, string told)
    {
        EntryState state = Changed(line, changed);
        Assert.Equal(told.Split('|'), EntryStateJudge.Registers(state, LinuxKexecX64.Registers(false, state.Entry)));
    }

    [Theory]
    [InlineData("map", "map=0 0 40000000 200000 wx-", "[0x40000000, 0x7ffe0000) is not mapped one to one")]
    [InlineData("map", "map=0 200000 80000000 200000 wx-",
        "[0x1000, 0x9fc00) is not mapped one to one|[0x100000, 0x7ffe0000) is not mapped one to one"
        + "|[0x2000000, 0x2010000) is not mapped one to one")]
    [InlineData("map", "map=2000000 2000000 7e000000 200000 wx-",
        "[0x1000, 0x9fc00) is not mapped one to one|[0x100000, 0x2000000) is not mapped one to one")]
    [InlineData("segment", "segment=90000000 90010000", "[0x90000000, 0x90010000) is not mapped one to one")]
    [InlineData("table", "table=2001000 0", "the table [0x2001000, 0x2002000) is in the segment [0x2000000, 0x2010000)")]
    [InlineData("table", "table=2001000 ffff80000000", "")]
    [InlineData("cr4", "cr4=1020", "5 levels, promised 4")]
    public void A_page_table_that_is_not_as_promised_is_told(string name, string changed, string told) =>
        Assert.Equal(
            told.Split('|', StringSplitOptions.RemoveEmptyEntries),
            EntryStateJudge.PageTables(Small(name, changed), LinuxKexecX64.PageTables(fiveLevel: false)));

    [Theory]
    [InlineData("-x-")]
    [InlineData("w--")]
    public void Memory_that_is_not_writable_or_executable_is_told(string rights)
    {
        EntryState state = Small("map", $"map=0 0 80000000 200000 {rights}");
        Assert.Contains(
            "not as writable and executable as promised",
            Assert.Single(EntryStateJudge.PageTables(state, LinuxKexecX64.PageTables(fiveLevel: false))));
    }

    /// <summary>A measurement of page tables that keeps all promises, with the line of a name put in another's place.</summary>
    private static EntryState Small(string name, string changed)
    {
        string[] lines =
        [
            "kernel=6.1 x86_64", "ram=1000 9fc00", "ram=100000 7ffe0000", "segment=2000000 2010000", "cr4=20",
            "table=3000000 0", "map=0 0 80000000 200000 wx-", "map=ffff80000000 3001000 1000 1000 wx-",
        ];
        int index = Array.FindIndex(lines, line => line.StartsWith($"{name}=", StringComparison.Ordinal));
        lines[index] = changed;
        return Assert.Single(EntryState.FromVectors(lines));
    }

    /// <summary>The first measurement with 4 levels, with the first line that begins so put in another's place.</summary>
    private static EntryState Changed(string line, string changed)
    {
        List<string> lines = [.. Read("x64-4level")[0].Lines];
        int index = lines.FindIndex(found => found.StartsWith(line, StringComparison.Ordinal));
        Assert.True(index >= 0, $"no line begins with \"{line}\"");
        lines[index] = changed;
        return Assert.Single(EntryState.FromVectors(lines));
    }

    private static IReadOnlyList<EntryState> Read(string name)
    {
        string file = Path.Combine(Repository.Root, "tests", "vectors", "entry-states", $"{name}.txt");
        IReadOnlyList<EntryState> states = EntryState.FromVectors(File.ReadLines(file));
        Assert.True(states.Count >= 2, $"{file} holds {states.Count} measurements");
        return states;
    }
}
