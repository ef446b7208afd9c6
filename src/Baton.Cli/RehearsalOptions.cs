using System.CommandLine;
using Baton.Lab;

namespace Baton.Cli;

/// <summary>The virtual machine that the user wants for a rehearsal.</summary>
internal sealed record RehearsalRequest
{
    /// <summary>The kernel that hands over; null for this machine's own.</summary>
    public required string? Running { get; init; }

    /// <summary>Memory in MiB; null for what the files need.</summary>
    public required int? MemoryMiB { get; init; }

    /// <summary>QEMU's name of the processor.</summary>
    public required string Processor { get; init; }

    public required Firmware Firmware { get; init; }

    public required TimeSpan Limit { get; init; }

    /// <summary>A text that the next kernel's console must show; null to be content with its userspace.</summary>
    public required string? Expect { get; init; }

    /// <summary>Whether the console is kept from standard error.</summary>
    public required bool IsQuiet { get; init; }
}

/// <summary>The options of <c>baton rehearse</c>, beside those of a handoff.</summary>
internal sealed class RehearsalOptions
{
    private readonly Option<string?> _running = new("--running")
    {
        Description = "the kernel that hands over (this machine's, from /boot)",
        HelpName = "KERNEL",
    };

    private readonly Option<int?> _memory = new("--memory")
    {
        Description = "the virtual machine's memory in MiB (what the files need, 1024 at least)",
        HelpName = "MiB",
    };

    private readonly Option<string> _processor = new("--cpu")
    {
        Description = "the virtual machine's processor, as QEMU names it: max, or max,la57=off",
        DefaultValueFactory = _ => "max",
    };

    private readonly Option<bool> _uefi = new("--uefi") { Description = "start it by UEFI firmware (OVMF)" };

    private readonly Option<int> _timeout = new("--timeout")
    {
        Description = "the longest that the rehearsal may take, in seconds",
        DefaultValueFactory = _ => 300,
        HelpName = "SECONDS",
    };

    private readonly Option<string?> _expect = new("--expect")
    {
        Description = "what the next kernel's console must show, e.g. \"login:\" (its userspace's first sign)",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _quiet = new("--quiet") { Description = "do not show the console" };

    public void AddTo(Command command)
    {
        command.Add(_running.RefuseEmpty());
        command.Add(_memory);
        command.Add(_processor);
        command.Add(_uefi);
        command.Add(_timeout);
        command.Add(_expect);
        command.Add(_quiet);
    }

    /// <summary>Reads the values.</summary>
    /// <exception cref="CommandException">A number is out of range.</exception>
    public RehearsalRequest Read(ParseResult parsed) => new()
    {
        Running = parsed.GetValue(_running),
        MemoryMiB = parsed.GetValue(_memory) is { } memory ? Within(memory, 64, 1 << 20, "--memory") : null,
        Processor = parsed.GetRequiredValue(_processor),
        Firmware = parsed.GetValue(_uefi) ? Firmware.Uefi : Firmware.Bios,
        Limit = TimeSpan.FromSeconds(Within(parsed.GetValue(_timeout), 1, 86_400, "--timeout")),
        Expect = parsed.GetValue(_expect),
        IsQuiet = parsed.GetValue(_quiet),
    };

    private static int Within(int value, int least, int most, string option) => value >= least && value <= most
        ? value
        : throw new CommandException(ExitCode.Usage, $"{option} is {value}; expected {least} to {most}");
}
