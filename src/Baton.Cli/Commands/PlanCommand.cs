using System.CommandLine;
using Baton.Linux;
using Baton.Machines;
using Baton.Reports;

namespace Baton.Cli.Commands;

/// <summary><c>baton plan</c>: what would be loaded, where and why, without loading it.</summary>
internal static class PlanCommand
{
    public static Command Create(CommandEnvironment environment)
    {
        Option<bool> json = new("--json") { Description = "print the plan as JSON" };
        return HandoffCommand.Create(
            "plan",
            "Show what a handoff would load, where and why; changes nothing",
            [json],
            (request, machine, parsed) => Run(request, machine, parsed.GetValue(json), environment));
    }

    internal static int Run(HandoffRequest request, Machine machine, bool asJson, CommandEnvironment environment)
    {
        // The seed is of the planned length but not random: a plan is not carried out, and is the same each time.
        using PreparedHandoff prepared = PreparedHandoff.Prepare(request, machine, new byte[RngSeed.Length]);
        if (asJson)
        {
            environment.PrintJson(json =>
            {
                json.WriteString("kernel", request.Kernel);
                json.WriteString("version", prepared.Image.Version);
                HandoffJson.Write(json, prepared.Handoff);
                HandoffJson.WriteCarrier(json, prepared.Carrier);
                HandoffJson.WriteMap(json, "memory_now", machine.RunningMemory);
                FindingsJson.Write(json, prepared.Findings);
            });
        }
        else
        {
            environment.Print(HandoffReport.Build(
                $"{machine.Kernel.Release} hands over to {request.Kernel} ({prepared.Image.Version})",
                prepared.Handoff,
                machine,
                prepared.Carrier,
                prepared.Findings));
            foreach (string obstacle in prepared.Carrier.Obstacles)
            {
                environment.Output.WriteLine($"cannot be loaded here: {obstacle}");
            }
        }

        return ExitCode.Ok;
    }
}
