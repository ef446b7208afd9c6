using System.CommandLine;
using Baton.Cli.Commands;

namespace Baton.Cli;

/// <summary>The options of the commands that jump: exec and run.</summary>
internal sealed class DepartureOptions
{
    private readonly Option<bool> _now = new("--now")
    {
        Description = "jump at once: no process is told, no file system is unmounted",
    };

    private readonly Option<bool> _noSync = new("--no-sync")
    {
        Description = "with --now, do not even write dirty pages to disk (for a disk that hangs)",
    };

    public void AddTo(Command command)
    {
        command.Add(_now);
        command.Add(_noSync);
        command.Validators.Add(result =>
        {
            if (result.ValueIfRight(_noSync) && !result.ValueIfRight(_now))
            {
                result.AddError("--no-sync needs --now: an orderly shutdown writes to the disks");
            }
        });
    }

    public Departure Read(ParseResult parsed) => new(parsed.GetValue(_now), !parsed.GetValue(_noSync));
}
