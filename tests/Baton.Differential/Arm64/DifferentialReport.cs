using System.Globalization;
using System.Text;

namespace Baton.Differential.Arm64;

/// <summary>The result of a run as a page of documentation.</summary>
public static class DifferentialReport
{
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
