using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>What the crossing into a FreeBSD kernel on an arm64 machine with UEFI needs to know.</summary>
public sealed record FreeBsdArm64TrampolineRequest
{
    /// <summary>The physical address of the kernel's entry.</summary>
    public required PhysicalAddress Entry { get; init; }

    /// <summary>The kernel's memory.</summary>
    public required PhysicalRange Kernel { get; init; }

    /// <summary>Where the metadata chain is, by its virtual address.</summary>
    public required ulong ModuleP { get; init; }

    /// <summary>
    /// What leads to the firmware, as the boot's device tree has it: the big-endian numbers of
    /// <see cref="FreeBsdArm64Trampoline.ValueLengths"/>.
    /// </summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Values { get; init; }

    /// <summary>Where EFI_MAP goes: its header of 32 bytes, and the map behind it.</summary>
    public required PhysicalAddress MapTo { get; init; }

    /// <summary>Where the number goes that FW_HANDLE is.</summary>
    public required PhysicalAddress SystemTableTo { get; init; }

    /// <summary>The physical address of ACPI's RSDP.</summary>
    public PhysicalAddress Rsdp { get; init; }

    /// <summary>Where the RSDP's 16 hexadecimal digits go; at most two places.</summary>
    public IReadOnlyList<PhysicalAddress> RsdpTo { get; init; } = [];

    /// <summary>All that is written to: whole pages, which nobody else uses.</summary>
    public required PhysicalRange Written { get; init; }
}

/// <summary>
/// The crossing into a FreeBSD kernel on arm64: EL2 is no host's any more, x0 is modulep, x1 to x3 are zero. On a machine with
/// UEFI, where the firmware's tables are, each boot decides anew, and the memory map is shown to nobody: so it puts EFI_MAP,
/// FW_HANDLE and the RSDP's digits into the chain and the variables on its way, from numbers in its first bytes, which a packed
/// program fills in. The caches are off: what it reads is cleaned before, and what it has written is invalidated in them. So is
/// the kernel's memory: the kernel writes its first page tables with the caches off, and looks through them when it goes by
/// these tables, while kexec copies with the caches on and leaves lines there, although they are clean.
/// </summary>
public static class FreeBsdArm64Trampoline
{
    /// <summary>
    /// Bytes of the numbers that it reads: the system table's address, the memory map's address and size, a descriptor's size
    /// and version.
    /// </summary>
    public static readonly IReadOnlyList<int> ValueLengths = [8, 8, 4, 4, 4];

    /// <summary>Where the RSDP's address is in it, in bytes: 8, little-endian.</summary>
    public const int Rsdp = FirstValue + (5 * Slot);

    /// <summary>Where numbers begin that it does not read: whatever else the boot's tree has of UEFI.</summary>
    public const int Unread = Rsdp + Slot;

    /// <summary>Bytes from EFI_MAP to its first descriptor.</summary>
    public const int MapHeader = 32;

    /// <summary>Hexadecimal digits of an address.</summary>
    public const int DigitsOfAddress = 16;

    /// <summary>HCR_EL2.RW.</summary>
    private const ulong LowerLevelIs64Bit = 1UL << 31;

    private const int FirstValue = 8;
    private const int Slot = 8;

    /// <summary>Where the bytes of a number are in it.</summary>
    /// <param name="index">Which one of <see cref="ValueLengths"/>.</param>
    public static int OffsetOf(int index) => FirstValue + (index * Slot);

    /// <summary>Makes the code for a machine without UEFI: it runs wherever it lies, and writes nothing.</summary>
    /// <param name="entry">The physical address of the kernel's entry.</param>
    /// <param name="kernel">The kernel's memory.</param>
    /// <param name="moduleP">Where the metadata chain is, by its virtual address.</param>
    public static byte[] Build(PhysicalAddress entry, PhysicalRange kernel, ulong moduleP)
    {
        Arm64Assembler code = new();
        LeaveHost(code);
        WriteLineLength(code);
        ForLines(code, CacheOperation.Civac, kernel);
        Enter(code, entry, moduleP);
        return code.Build();
    }

    /// <summary>Makes the code for a machine with UEFI: it runs wherever it lies.</summary>
    /// <param name="request">What is to be done.</param>
    /// <param name="unread">Bytes at <see cref="Unread"/> that the boot at hand may change.</param>
    public static byte[] Build(FreeBsdArm64TrampolineRequest request, ReadOnlySpan<byte> unread = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Arm64Assembler code = new();
        Label start = code.NewLabel("start");
        code.B(start);
        code.Align(Slot);
        Label[] values = [.. ValueLengths.Index().Select(value => Value(code, request.Values[value.Index], value.Item))];
        Label rsdp = Value(code, BitConverter.GetBytes(request.Rsdp.Value));
        for (int i = 0; i < unread.Length; i += Slot)
        {
            Value(code, unread[i..Math.Min(i + Slot, unread.Length)].ToArray());
        }

        code.Bind(start);
        LeaveHost(code);
        code.Ldr(RegX.X5, values[1]);
        code.Rev(RegX.X5, RegX.X5);
        LoadNumber(code, RegX.X6, values[2]);
        code.MovConstant(RegX.X7, request.MapTo.Value);
        WriteLineLength(code);
        code.Add(RegX.X10, RegX.X5, RegX.X6);
        ForLines(code, CacheOperation.Civac, RegX.X5);
        CopyMap(code);
        code.Str(RegX.X6, Arm64Memory.At(RegX.X7));
        LoadNumber(code, RegX.X12, values[3]);
        code.Str(RegX.X12, Arm64Memory.At(RegX.X7, 8));
        LoadNumber(code, RegX.X12, values[4]);
        code.Str(RegX.X12, Arm64Memory.At(RegX.X7, 16));
        code.Ldr(RegX.X12, values[0]);
        code.Rev(RegX.X12, RegX.X12);
        code.MovConstant(RegX.X10, request.SystemTableTo.Value);
        code.Str(RegX.X12, Arm64Memory.At(RegX.X10));
        foreach (PhysicalAddress place in request.RsdpTo)
        {
            WriteDigits(code, rsdp, place);
        }

        ForLines(code, CacheOperation.Ivac, request.Written);
        ForLines(code, CacheOperation.Civac, request.Kernel);
        Enter(code, request.Entry, request.ModuleP);
        return code.Build();
    }

    /// <summary>
    /// A Linux that was a host at EL2 leaves E2H and TGE in HCR_EL2, by which EL1's names are EL2's registers. Older kernels
    /// write HCR_EL2 and then SCTLR_EL1 without an ISB between: so it is RW alone before they come. The MMU is off, and nothing
    /// here goes by what these bits change. Each level takes as many instructions.
    /// </summary>
    private static void LeaveHost(Arm64Assembler code)
    {
        const int IsEl2 = 3;
        Label atEl1 = code.NewLabel("el1");
        Label both = code.NewLabel("both");
        code.MovConstant(RegX.X4, LowerLevelIs64Bit);
        code.Mrs(RegX.X5, SystemRegister.CurrentEl);
        code.Tbz(RegX.X5, IsEl2, atEl1);
        code.Msr(SystemRegister.HcrEl2, RegX.X4);
        code.B(both);
        code.Bind(atEl1);
        code.Nop();
        code.Nop();
        code.Bind(both);
        code.Isb();
    }

    private static void Enter(Arm64Assembler code, PhysicalAddress entry, ulong moduleP)
    {
        code.MovConstant(RegX.X4, entry.Value);
        code.MovConstant(RegX.X0, moduleP);
        code.Mov(RegX.X1, RegX.Zr);
        code.Mov(RegX.X2, RegX.Zr);
        code.Mov(RegX.X3, RegX.Zr);
        code.Br(RegX.X4);
    }

    private static Label Value(Arm64Assembler code, ReadOnlyMemory<byte> bytes, int length) =>
        bytes.Length == length
            ? Value(code, bytes)
            : throw new ArgumentException($"a number of {bytes.Length} bytes, expected {length}", nameof(bytes));

    private static Label Value(Arm64Assembler code, ReadOnlyMemory<byte> bytes)
    {
        Label label = code.NewLabel("value");
        code.Bind(label);
        code.Data64(BitConverter.ToUInt64([.. bytes.Span, .. new byte[Slot - bytes.Length]]));
        return label;
    }

    /// <summary>A big-endian number of 4 bytes.</summary>
    private static void LoadNumber(Arm64Assembler code, RegX to, Label from)
    {
        code.Ldr(RegW.Of(to), from);
        code.Rev(RegW.Of(to), RegW.Of(to));
    }

    /// <summary>X8: the bytes of the shortest data line (CTR_EL0.DminLine counts in words, as a power of two).</summary>
    private static void WriteLineLength(Arm64Assembler code)
    {
        const int DminLine = 16;
        code.Mrs(RegX.X8, SystemRegister.CtrEl0);
        code.Ubfx(RegX.X8, RegX.X8, DminLine, 4);
        code.MovConstant(RegX.X9, 4);
        code.Lsl(RegX.X8, RegX.X9, RegX.X8);
    }

    private static void ForLines(Arm64Assembler code, CacheOperation operation, PhysicalRange range)
    {
        code.MovConstant(RegX.X5, range.Start.Value);
        code.MovConstant(RegX.X10, range.End.Value);
        ForLines(code, operation, RegX.X5);
    }

    /// <summary>An operation on each line from a register's address up to X10; the barrier completes them.</summary>
    private static void ForLines(Arm64Assembler code, CacheOperation operation, RegX start)
    {
        Label next = code.NewLabel("line");
        code.Sub(RegX.X9, RegX.X8, 1);
        code.Bic(RegX.X9, start, RegX.X9);
        code.Dsb(BarrierOption.Sy);
        code.Bind(next);
        code.Dc(operation, RegX.X9);
        code.Add(RegX.X9, RegX.X9, RegX.X8);
        code.Cmp(RegX.X9, RegX.X10);
        code.B(Arm64Condition.Lo, next);
        code.Dsb(BarrierOption.Sy);
    }

    /// <summary>X6 bytes from X5 to behind EFI_MAP's header at X7; byte by byte, whatever the alignment.</summary>
    private static void CopyMap(Arm64Assembler code)
    {
        Label next = code.NewLabel("copy");
        Label done = code.NewLabel("copied");
        code.Mov(RegX.X9, RegX.X5);
        code.Add(RegX.X10, RegX.X7, MapHeader);
        code.Mov(RegX.X11, RegX.X6);
        code.Bind(next);
        code.Cbz(RegX.X11, done);
        code.Ldrb(RegW.Of(RegX.X12), Arm64Memory.AtThenAdd(RegX.X9, 1));
        code.Strb(RegW.Of(RegX.X12), Arm64Memory.AtThenAdd(RegX.X10, 1));
        code.Sub(RegX.X11, RegX.X11, 1);
        code.B(next);
        code.Bind(done);
    }

    /// <summary>A number's 16 hexadecimal digits, the highest first.</summary>
    private static void WriteDigits(Arm64Assembler code, Label number, PhysicalAddress place)
    {
        Label next = code.NewLabel("digit");
        Label isDecimal = code.NewLabel("decimal");
        code.Ldr(RegX.X12, number);
        code.MovConstant(RegX.X10, place.Value);
        code.MovConstant(RegX.X11, DigitsOfAddress);
        code.Bind(next);
        code.Lsr(RegX.X9, RegX.X12, 60);
        code.Lsl(RegX.X12, RegX.X12, 4);
        code.Cmp(RegX.X9, 10);
        code.B(Arm64Condition.Lo, isDecimal);
        code.Add(RegX.X9, RegX.X9, 'a' - '9' - 1);
        code.Bind(isDecimal);
        code.Add(RegX.X9, RegX.X9, '0');
        code.Strb(RegW.Of(RegX.X9), Arm64Memory.AtThenAdd(RegX.X10, 1));
        code.Sub(RegX.X11, RegX.X11, 1);
        code.Cbnz(RegX.X11, next);
    }
}
