using System.Globalization;
using System.Text;

namespace Baton.Differential.Arm64;

/// <summary>The result of a run as a page of documentation.</summary>
public static class DifferentialReport
{
    /// <summary>Where QEMU 7.2 does not do what the manual says, or the manual leaves it open.</summary>
    private const string LeftOut = """

        ## What is not compared, and why

        Where QEMU 7.2 is not as the manual (Arm ARM, DDI 0487) says, the simulation follows the manual:

        - SP alignment (SCTLR.SA) and the alignment of device memory are not checked by QEMU: such drafts are not run.
        - LDAPR of an unaligned address does not fault in QEMU: it is run with aligned addresses alone.
        - A branch to an unaligned address in a page that is not there is a PC alignment fault; QEMU reports the translation.
        - ERET with another register than 31 in its Rn field is undefined; QEMU carries it out. Not tried.
        - WnR of an atomic's data abort is 0 when a read would have faulted too; QEMU says 1. The bit is masked.
        - ISV is for the second stage alone; QEMU fills the instruction syndrome in for EL2's own aborts. Masked.
        - FAR of DC ZVA is its operand; QEMU gives the line's first byte. The low six bits are masked.
        - QEMU's `max` has physical addresses of 52 bits, the simulation of 48: address size faults with the MMU off are not run.

        Where the manual leaves a choice, the simulation refuses: register overlaps that are CONSTRAINED UNPREDICTABLE,
        exclusive and atomic accesses to device memory, which all memory is with the MMU off. An exclusive store is run behind its
        exclusive load: without one, either may or may not look at the address first. BTYPE and TCO of SPSR belong to extensions
        that are not simulated; an ERET with IL or SS is refused. QEMU has no caches; the cache model is tested by
        `Arm64CacheTests`.

        """;

    /// <summary>Writes the page.</summary>
    /// <param name="result">What the run came to.</param>
    /// <param name="command">How to do it again.</param>
    public static string Write(DifferentialResult result, string command)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The simulated AArch64 processor against QEMU

            Random instructions with random registers, flags and memory, carried out by `Arm64Processor` and by QEMU (TCG,
            `-M virt -cpu max`). Compared: x0 to x30, SP, SPSR (NZCV, DAIF, PAN, UAO, DIT, SSBS, mode), ELR, ESR, FAR of the
            exception that ends each case, and 2 MiB of data memory after each batch.

            - Command: `{command}`
            - Judge: {QemuMachine.Version()}
            - Instructions compared: {result.Total:N0} in {result.Time.TotalSeconds:N0} s
            - Differences: {result.Differences.Count}

            | Machine | Cases |
            |---|---:|

            """);
        foreach ((string name, long count) in result.Machines)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {count:N0} |\n");
        }

        text.Append("\n| Class | Compared | of these, faulted |\n|---|---:|---:|\n");
        foreach ((string name, long count) in result.Compared)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {count:N0} | {result.Faulted.GetValueOrDefault(name):N0} |\n");
        }

        text.Append("\nDrafts that were not run, because the simulation refuses them where QEMU does something:\n\n");
        text.Append("| Reason | Drafts |\n|---|---:|\n");
        foreach ((string reason, long count) in result.Refused)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {reason} | {count:N0} |\n");
        }

        text.Append(LeftOut);
        if (result.Differences.Count > 0)
        {
            text.Append("\n## Differences\n\n");
            foreach (Difference difference in result.Differences)
            {
                text.Append(
                    CultureInfo.InvariantCulture, $"- {difference.Configuration}, {difference.Class}: {difference.Text}\n");
            }
        }

        return text.ToString();
    }
}
