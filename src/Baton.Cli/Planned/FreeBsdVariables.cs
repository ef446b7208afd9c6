using Baton.Bytes;
using Baton.Handoffs;
using Baton.Protocols.FreeBsd;
using Baton.Protocols.FreeBsd.LoaderConf;

namespace Baton.Cli.Planned;

/// <summary>A FreeBSD kernel's variables and flags: what the user says, over what a root's files say.</summary>
internal static class FreeBsdVariables
{
    private const string KernelOptions = "kernel_options";

    /// <summary>Sets what the user says before anything is chosen by it: the kernel, its options, the modules.</summary>
    /// <exception cref="CommandException">A variable chooses the files, which have been read by now.</exception>
    /// <exception cref="ImageFormatException">A word of the command line is none.</exception>
    public static void Override(LoaderSettings settings, FreeBsdRequestOptions options)
    {
        foreach (string assignment in KernelArguments.Parse(options.Arguments).Variables.Concat(options.Environment))
        {
            string[] parts = assignment.Split('=', 2);
            if (LoaderConfReader.Choosers.Contains(parts[0]))
            {
                throw new CommandException(
                    ExitCode.Usage,
                    $"{assignment}: which files of {options.Root} are read, its own files say; give the settings themselves");
            }

            if (parts[0].Length > 0)
            {
                settings.Override(parts[0], parts.Length > 1 ? parts[1] : "1");
            }
        }
    }

    /// <summary>All variables and flags but those that depend on the kernel's place.</summary>
    /// <param name="settings">What the root says, with the user's words over it; null for no root.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="findings">Takes what is wrong in the root's files; what is wrong with the user's words is refused.</param>
    /// <exception cref="ImageFormatException">A variable or a flag of the user's is none.</exception>
    public static (KernelEnvironment Variables, BootHowto Howto) Of(
        LoaderSettings? settings, FreeBsdRequestOptions options, ICollection<Finding> findings)
    {
        KernelEnvironment environment = settings?.ToEnvironment() ?? new KernelEnvironment();
        KernelArguments given = KernelArguments.Parse(options.Arguments);
        BootHowto howto = BootFlags.Parse(options.Flags) | given.Howto;
        if (settings?.Find(KernelOptions) is { } words)
        {
            void PassOver(string problem) => findings.Add(new Finding(
                Severity.Warning, "kernel-options", $"{words.Place}: {KernelOptions}: {problem}; it is passed over"));
            KernelArguments chosen = words.Place.IsUser
                ? KernelArguments.Parse(words.Value)
                : KernelArguments.Parse(words.Value, problem => PassOver(problem.Message));
            howto |= chosen.Howto;
            foreach (string assignment in chosen.Variables)
            {
                string[] parts = assignment.Split('=', 2);
                if (words.Place.IsUser || KernelEnvironment.Fits(parts[0], parts[^1]))
                {
                    environment.SetFrom(assignment);
                }
                else
                {
                    PassOver($"\"{parts[0][..Math.Min(60, parts[0].Length)]}\" is longer than a kernel keeps");
                }
            }
        }

        foreach (string assignment in given.Variables.Concat(options.Environment))
        {
            environment.SetFrom(assignment);
        }

        return (environment, howto);
    }

    /// <summary>
    /// Sets the directories in which kldload(8) looks, the kernel's own first, as FreeBSD's loader does. What the user says
    /// stays.
    /// </summary>
    public static void SetModulePath(
        KernelEnvironment environment, LoaderSettings settings, string kernelFolder, ICollection<Finding> findings)
    {
        const string name = "module_path";
        if (settings.Find(name) is { Place.IsUser: true })
        {
            return;
        }

        string path = string.Join(';', settings.ModulePathWith(kernelFolder));
        if (KernelEnvironment.Fits(name, path))
        {
            environment.Set(name, path);
            return;
        }

        findings.Add(new Finding(
            Severity.Warning,
            "variable-too-long",
            $"{name}: with {kernelFolder} in front it is longer than a kernel keeps ({KernelEnvironment.LongestPart - 1} bytes): "
            + "the kernel will not look there for modules; set a shorter one"));
    }
}
