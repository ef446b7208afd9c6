using Baton.Lab;

namespace Baton.EndToEnd;

/// <summary>A boot of a machine of arm64 with a device tree, whose guest speaks on the console alone.</summary>
internal static class Arm64Boot
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    /// <summary>Boots a machine to its end.</summary>
    public static IReadOnlyList<ConsoleLine> Run(
        Initramfs initramfs, bool startsAtEl2, int memoryMiB = 1024, string processorModel = "cortex-a57", int gicVersion = 2)
    {
        VirtualMachine machine = new()
        {
            Architecture = Architecture.Arm64,
            StartsAtEl2 = startsAtEl2,
            GicVersion = gicVersion,
            ProcessorModel = processorModel,
            Processors = 2,
            MemoryMiB = memoryMiB,
            Kernel = DebianKernel.CloudArm64.Image,
            Initramfs = initramfs,
            CommandLine = $"{Guests.LineArm64} quiet",
        };
        using RunningMachine running = machine.Start(Limit);
        try
        {
            running.WaitForEnd(Limit + TimeSpan.FromSeconds(30));
        }
        finally
        {
            KeptResults.Save(running.Console.Bytes, []);
        }

        return running.Console.Lines;
    }

    /// <summary>An initramfs that tells what the kernel sees: see <see cref="Arm64Witness"/>.</summary>
    /// <param name="folder">Where the program is kept once it is compiled.</param>
    public static Initramfs WithWitness(string folder)
    {
        string witness = Path.Join(folder, "witness");
        if (!File.Exists(witness))
        {
            HostProgram.Run(
                "aarch64-linux-gnu-gcc", "-Wall", "-Wextra", "-Werror", "-Os", "-static", "-o", witness,
                Repository.GuestScript("arm64-witness.c"));
        }

        return new Initramfs().AddHostFile("init", witness);
    }
}
