using Baton.Bytes;
using Baton.Formats;
using Baton.Formats.BzImage;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Protocols.LinuxX86.Clauses;

/// <summary>boot_params itself, the setup header in it, and what must be zero.</summary>
internal sealed class HeaderClauses(LinuxX86Contract contract)
{
    /// <summary>What a boot loader writes; everything else in the header is the kernel's own.</summary>
    private static readonly HashSet<string> LoadersFields =
    [
        SetupFields.VidMode.Name, SetupFields.TypeOfLoader.Name, SetupFields.Loadflags.Name, SetupFields.Code32Start.Name,
        SetupFields.RamdiskImage.Name, SetupFields.RamdiskSize.Name, SetupFields.CmdLinePtr.Name,
        SetupFields.HardwareSubarch.Name, SetupFields.HardwareSubarchData.Name, SetupFields.SetupData.Name,
    ];

    /// <summary>What this loader fills in outside the header; each is another clause's business.</summary>
    private static readonly DeclaredBlock[] Filled =
    [
        BootParamsFields.ScreenInfo, BootParamsFields.IstInfo, BootParamsFields.EdidInfo, BootParamsFields.EfiInfo,
        BootParamsFields.EddMbrSigBuffer, BootParamsFields.E820Table, BootParamsFields.Eddbuf,
        Block(BootParamsFields.AcpiRsdpAddr), Block(BootParamsFields.ExtRamdiskImage), Block(BootParamsFields.ExtRamdiskSize),
        Block(BootParamsFields.ExtCmdLinePtr), Block(BootParamsFields.E820Entries), Block(BootParamsFields.EddbufEntries),
        Block(BootParamsFields.EddMbrSigBufEntries), Block(BootParamsFields.SecureBoot),
    ];

    private static readonly bool[] IsFilled = Covered(Filled);

    /// <summary>The clause without which the others have nothing to look at.</summary>
    public static Clause<X64Arrival> BootParamsAreFound { get; } = new(
        "rsi",
        "RSI holds the address of boot_params, which is in memory.",
        LinuxX86Contract.Boot64,
        arrival => Rsi(arrival));

    public IEnumerable<Clause<X64Arrival>> All =>
    [
        new(
            "setup-header",
            "The setup header is the kernel's own, from 0x1f1 to 0x202 plus the byte at 0x201, but for the loader's fields.",
            LinuxX86Contract.Boot64,
            Header),
        new("type-of-loader", "type_of_loader is 0xff, that of a loader without a number.", "boot.rst, type_of_loader", Loader),
        new(
            "loadflags",
            "loadflags are the kernel's, with CAN_USE_HEAP clear; vid_mode is normal; code32_start is the kernel's start.",
            "boot.rst, loadflags, vid_mode and code32_start",
            LoaderFields),
        new(
            "zeroed",
            "boot_params is zero wherever nothing was filled in.",
            "boot.rst, 64-bit Boot Protocol; zero-page.rst",
            Zeroed),
    ];

    private static Verdict Rsi(X64Arrival arrival)
    {
        ulong page = LinuxX86Contract.BootParams(arrival);
        bool isRight = arrival.Segment("boot_params") is { } segment && segment.Destination.Start.Value == page
            && arrival.IsWritten(page, BootParamsFields.Size);
        return isRight
            ? Verdict.Kept($"0x{page:x}")
            : Verdict.Broken($"RSI is 0x{page:x}, boot_params is at {arrival.Segment("boot_params")?.Destination.Start}");
    }

    private Verdict Header(X64Arrival arrival)
    {
        byte[] page = LinuxX86Contract.ReadBootParams(arrival);
        ReadOnlySpan<byte> own = contract.Kernel.SetupHeader.Span;
        for (int i = 0; i < own.Length; i++)
        {
            int offset = SetupFields.Start + i;
            if (page[offset] == own[i])
            {
                continue;
            }

            string name = SetupFields.All.FirstOrDefault(f => offset >= f.Offset && offset < f.End)?.Name
                ?? "a field without a name";
            if (!LoadersFields.Contains(name))
            {
                return Verdict.Broken($"{name}, at 0x{offset:x}: 0x{page[offset]:x2}, the kernel's is 0x{own[i]:x2}");
            }
        }

        ushort version = SetupFields.Version.Read(new ByteView(page, "boot_params"));
        return Verdict.Kept($"protocol {version >> 8}.{version & 0xff:00}, {own.Length} bytes");
    }

    private static Verdict Loader(X64Arrival arrival)
    {
        byte found = LinuxX86Contract.ReadBootParams(arrival)[SetupFields.TypeOfLoader.Offset];
        return new Verdict(found == 0xff, $"0x{found:x2}");
    }

    private Verdict LoaderFields(X64Arrival arrival)
    {
        ByteView page = new(LinuxX86Contract.ReadBootParams(arrival), "boot_params");
        ByteView own = OwnHeader();
        byte flags = SetupFields.Loadflags.Read(page);
        ushort video = SetupFields.VidMode.Read(page);
        uint code32 = SetupFields.Code32Start.Read(page);
        ulong start = contract.KernelStart(arrival);
        uint wanted = start < PhysicalAddress.FourGiB.Value ? (uint)start : SetupFields.Code32Start.Read(own);
        bool isRight = flags == (SetupFields.Loadflags.Read(own) & ~(byte)LoadFlags.CanUseHeap)
            && video == 0xffff && code32 == wanted;
        return new Verdict(isRight, $"loadflags 0x{flags:x2}, vid_mode 0x{video:x4}, code32_start 0x{code32:x}");
    }

    private Verdict Zeroed(X64Arrival arrival)
    {
        byte[] page = LinuxX86Contract.ReadBootParams(arrival);
        int headerEnd = SetupFields.Start + contract.Kernel.SetupHeader.Length;
        for (int i = 0; i < page.Length; i++)
        {
            bool isHeader = i >= SetupFields.Start && i < headerEnd;
            if (page[i] != 0 && !isHeader && !IsFilled[i])
            {
                return Verdict.Broken($"0x{page[i]:x2} at 0x{i:x}");
            }
        }

        int entries = page[BootParamsFields.E820Entries.Offset];
        int used = BootParamsFields.E820Table.Offset + (entries * BootParamsFields.E820EntrySize);
        int stray = used >= BootParamsFields.E820Table.End
            ? -1
            : page.AsSpan(used..BootParamsFields.E820Table.End).IndexOfAnyExcept((byte)0);
        return Verdict.Unless(stray < 0 ? null : $"0x{page[used + stray]:x2} at 0x{used + stray:x}", "all of the rest");
    }

    /// <summary>The kernel's header at the offsets that it has in boot_params.</summary>
    private ByteView OwnHeader()
    {
        byte[] page = new byte[BootParamsFields.Size];
        contract.Kernel.SetupHeader.Span.CopyTo(page.AsSpan(SetupFields.Start));
        return new ByteView(page, "setup header");
    }

    private static bool[] Covered(IEnumerable<DeclaredBlock> blocks)
    {
        bool[] covered = new bool[BootParamsFields.Size];
        foreach (DeclaredBlock block in blocks)
        {
            covered.AsSpan(block.Offset, block.Length).Fill(true);
        }

        return covered;
    }

    private static DeclaredBlock Block<T>(Field<T> field)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>, System.Numerics.IUnsignedNumber<T> =>
        new(field.Offset, Field<T>.Size, field.Name);
}
