using System.CommandLine;
using System.Globalization;
using Baton.Cli.Planned;
using Baton.Linux.Gathers;
using Baton.Machines;
using Baton.Memory;
using Baton.Protocols.Linux;

namespace Baton.Cli;

/// <summary>What the user said about a handoff, as values.</summary>
internal sealed record HandoffRequest
{
    public required string Kernel { get; init; }

    public required IReadOnlyList<string> Initrds { get; init; }

    public required CommandLineRequest CommandLine { get; init; }

    /// <summary>The carrier that is demanded; null for the best.</summary>
    public required Carrier? Carrier { get; init; }

    /// <summary>What is done with initrds that stream in; null where none are taken.</summary>
    public StreamWishes? Streams { get; init; }

    /// <summary>Whether anything comes from where it cannot be mapped, or has to be unpacked on its way.</summary>
    public bool TakesStreams =>
        Streams is { } wishes && Arriving.Any(name => wishes.Decompress || StreamedInitrd.IsNoFile(name));

    /// <summary>A disk image that the next kernel gets as persistent memory; null for none.</summary>
    public string? Ramdisk { get; init; }

    /// <summary>Tells how much of so many bytes is available just now; null where what the machine tells counts.</summary>
    public Func<ulong, ulong>? Available { get; init; }

    /// <summary>Whether files are fed to kexec_load(2) piece by piece rather than mapped.</summary>
    public bool IsFed { get; init; }

    /// <summary>How gathered and streamed pages are pinned; null for the first way that works.</summary>
    public PinMethod? Pin { get; init; }

    /// <summary>All the memory that is held for it.</summary>
    public HeldMemory Held { get; init; } = new();

    /// <summary>
    /// Why the image is not gathered unless that is demanded, for people; null where it may be: this process lives until the
    /// jump.
    /// </summary>
    public string? NotGathered { get; init; } = "\"baton run --now\" would gather it";

    /// <summary>Demanded places by segment name.</summary>
    public required IReadOnlyDictionary<string, PhysicalAddress> Places { get; init; }

    /// <summary>A device tree in place of the machine's; null for that.</summary>
    public string? DeviceTree { get; init; }

    /// <summary>What only a FreeBSD kernel is given.</summary>
    public FreeBsdRequestOptions FreeBsd { get; init; } = FreeBsdRequestOptions.None;

    /// <summary>What may arrive as a stream: initrds and disk image, as the user named them.</summary>
    public IEnumerable<string> Arriving => Ramdisk is null ? Initrds : Initrds.Append(Ramdisk);

    /// <summary>
    /// What a FreeBSD kernel is given, its command line with it: the words behind its name in its loader, flags and variables.
    /// </summary>
    /// <exception cref="CommandException">Linux's command line was to be used again.</exception>
    public FreeBsdRequestOptions FreeBsdOptions() => CommandLine.Reuse
        ? throw new CommandException(
            ExitCode.Usage, "--reuse-cmdline: a FreeBSD kernel cannot use Linux's command line; give --command-line")
        : FreeBsd with
        {
            Kernel = Kernel,
            Arguments = string.Join(' ', CommandLine.Append.Prepend(CommandLine.Whole ?? "")).Trim(),
        };
}

/// <summary>The options of every command that makes a handoff: plan, load, run, rehearse.</summary>
internal sealed class HandoffOptions
{
    private readonly Argument<string?> _kernel = new("KERNEL")
    {
        Description = "kernel image: bzImage, vmlinux, arm64 Image, UKI or FreeBSD kernel",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly FreeBsdOptions _freeBsd = new();

    private readonly Option<string[]> _initrds = new("--initrd")
    {
        Description = "initrd; several are joined in this order; load and run also take http(s)://... and - (standard input)",
        HelpName = "FILE",
    };

    private readonly Option<string?> _ramdisk = new("--ramdisk")
    {
        Description = "disk image that the next kernel uses where it lies in memory, as /dev/pmem0 (amd64)",
        HelpName = "FILE",
    };

    private readonly Option<string?> _commandLine = new("--command-line")
    {
        Description = "the next kernel's whole command line",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _reuse = new("--reuse-cmdline")
    {
        Description = "start from the running kernel's command line, without BOOT_IMAGE= and initrd=",
    };

    private readonly Option<string[]> _append = new("--append")
    {
        Description = "add to the command line, in front of what is init's (the whole line when nothing else gives one)",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _deviceTree = new("--dtb")
    {
        Description = "a device tree blob in place of the machine's, which lends it its memory (arm64)",
        HelpName = "FILE",
    };

    private readonly Option<string> _carrier = new("--carrier")
    {
        Description = "auto, kexec-load, kexec-file-load, gather (one copy in memory, by run), pack (by \"baton pack\")",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<string[]> _places = new("--place")
    {
        Description = "put a segment at a physical address, e.g. initrd=0x140000000",
        HelpName = "SEGMENT=ADDRESS",
    };

    private readonly bool _isForLaterBoots;

    /// <param name="isForLaterBoots">Whether the handoff may be carried out in any later boot.</param>
    public HandoffOptions(bool isForLaterBoots = false)
    {
        _isForLaterBoots = isForLaterBoots;
        _carrier.AcceptOnlyFromAmong("auto", "kexec-load", "kexec-file-load", "gather", "pack");
        _kernel.RefuseEmpty();
        _initrds.RefuseEmpty();
        _ramdisk.RefuseEmpty();
        _deviceTree.RefuseEmpty();
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_kernel);
        command.Add(_initrds);
        command.Add(_ramdisk);
        command.Add(_append);
        command.Add(_commandLine);
        command.Add(_reuse);
        command.Add(_deviceTree);
        command.Add(_carrier);
        command.Add(_places);
        _freeBsd.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_kernel) is not { Tokens.Count: > 0 } && !_freeBsd.HasRoot(result))
            {
                result.AddError("Required argument missing: KERNEL, or --freebsd ROOT with one");
            }

            if (result.IsGiven(_commandLine) && result.ValueIfRight(_reuse))
            {
                result.AddError("--command-line gives the whole line, --reuse-cmdline another; give one of them");
            }
        });
    }

    /// <summary>Reads the values.</summary>
    /// <exception cref="CommandException">A value that no parser of words could judge.</exception>
    public HandoffRequest Read(ParseResult parsed)
    {
        string? kernel = parsed.GetValue(_kernel);
        HandoffRequest request = Read(parsed, kernel ?? "");
        return kernel is not null ? request : request with { Kernel = FreeBsdFiles.KernelOf(request.FreeBsdOptions()) };
    }

    private HandoffRequest Read(ParseResult parsed, string kernel) => new()
    {
        Kernel = kernel,
        FreeBsd = _freeBsd.Read(parsed) with { IsForLaterBoots = _isForLaterBoots || parsed.GetValue(_carrier) == "pack" },
        Initrds = parsed.GetValue(_initrds) ?? [],
        Ramdisk = parsed.GetValue(_ramdisk),
        CommandLine = new CommandLineRequest
        {
            Whole = parsed.GetValue(_commandLine),
            Reuse = parsed.GetValue(_reuse),
            Append = parsed.GetValue(_append) ?? [],
        },
        DeviceTree = parsed.GetValue(_deviceTree),
        Carrier = parsed.GetValue(_carrier) switch
        {
            "kexec-load" => Carrier.KexecLoad,
            "kexec-file-load" => Carrier.KexecFileLoad,
            "gather" => Carrier.Gather,
            "pack" => Carrier.Pack,
            _ => null,
        },
        Places = ReadPlaces(parsed.GetValue(_places) ?? []),
    };

    private static Dictionary<string, PhysicalAddress> ReadPlaces(IEnumerable<string> values)
    {
        Dictionary<string, PhysicalAddress> places = [];
        foreach (string value in values)
        {
            string[] sides = value.Split('=', 2);
            if (sides.Length != 2 || !PlannedProtocols.SegmentNames.Contains(sides[0]))
            {
                throw new CommandException(
                    ExitCode.Usage,
                    $"--place {value}: expected SEGMENT=ADDRESS with one of "
                    + string.Join(", ", PlannedProtocols.SegmentNames));
            }

            if (!TryReadAddress(sides[1], out ulong address))
            {
                throw new CommandException(
                    ExitCode.Usage, $"--place {value}: \"{sides[1]}\" is not an address; write it as 0x140000000");
            }

            if (!places.TryAdd(sides[0], new PhysicalAddress(address)))
            {
                throw new CommandException(ExitCode.Usage, $"--place gives two addresses for {sides[0]}");
            }
        }

        return places;
    }

    private static bool TryReadAddress(string text, out ulong address)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        return digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out address);
    }
}
