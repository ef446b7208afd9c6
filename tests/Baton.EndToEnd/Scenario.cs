using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>A guest that runs a kernel, which runs a script, which may hand over to another kernel.</summary>
public sealed record Scenario
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    public Architecture Architecture { get; init; } = Architecture.X64;

    /// <summary>The kernel that the firmware starts.</summary>
    public DebianKernel Running { get; init; } = DebianKernel.Cloud;

    /// <summary>Its initramfs: see <see cref="Guests.With"/>.</summary>
    public required Initramfs Initramfs { get; init; }

    /// <summary>Its command line, after the console.</summary>
    public string CommandLine { get; init; } = "";

    public int MemoryMiB { get; init; } = 1024;

    public int Processors { get; init; } = 1;

    /// <summary>As <see cref="VirtualMachine.Nodes"/>.</summary>
    public int Nodes { get; init; } = 1;

    public string ProcessorModel { get; init; } = "max";

    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>As <see cref="VirtualMachine.HasAcpi"/>.</summary>
    public bool HasAcpi { get; init; } = true;

    /// <summary>As <see cref="VirtualMachine.StartsAtEl2"/>.</summary>
    public bool StartsAtEl2 { get; init; }

    /// <summary>As <see cref="VirtualMachine.GicVersion"/>.</summary>
    public int GicVersion { get; init; } = 2;

    /// <summary>Runs the guest to its end.</summary>
    public ScenarioResult Run()
    {
        VirtualMachine machine = new()
        {
            Architecture = Architecture,
            HasAcpi = HasAcpi,
            StartsAtEl2 = StartsAtEl2,
            GicVersion = GicVersion,
            Kernel = Running.Image,
            Initramfs = Initramfs,
            CommandLine = $"{Guests.LineOf(Architecture)} {CommandLine}".TrimEnd(),
            MemoryMiB = MemoryMiB,
            Processors = Processors,
            Nodes = Nodes,
            ProcessorModel = ProcessorModel,
            Firmware = Firmware,
            HasDataPort = true,
        };
        using RunningMachine running = machine.Start(Limit);
        try
        {
            running.WaitForEnd(Limit + TimeSpan.FromSeconds(30));
        }
        finally
        {
            KeptResults.Save(running.Console.Bytes, running.ReadData());
        }

        return new ScenarioResult(running.Console.Lines, new Frames(running.ReadData()));
    }
}
