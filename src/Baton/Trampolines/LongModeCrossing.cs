using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>
/// The code that takes the processor from a kernel that is gone to the entry of another, both in long mode. It is
/// entered as kexec leaves the machine: 64-bit mode with memory mapped to itself, 4 or 5 levels, and nothing else
/// known: registers, descriptor tables and segments are the old kernel's, or overwritten already. From the load of
/// CR3 on it depends on nothing outside itself.
/// </summary>
public static class LongModeCrossing
{
    private const ulong PageSize = PageTables.PageSize;

    /// <summary>Code and constants take one page, the stack another.</summary>
    private const ulong TablesOffset = 2 * PageSize;

    /// <summary>Interrupts off, direction upwards; bit 1 is always set.</summary>
    private const int Flags = 2;

    /// <summary>The size in bytes, whole pages, before the place is known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The set holds an address of more than 52 bits.</exception>
    public static ulong Measure(RangeSet identity, PagingOptions paging) =>
        TablesOffset + (PageTables.PagesFor(identity, paging) * PageSize);

    /// <summary>Makes the trampoline.</summary>
    /// <exception cref="ArgumentException">Its place is no page boundary, above 4 GiB, or not mapped.</exception>
    public static TrampolineImage Build(LongModeCrossingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        PhysicalRange place = new(request.Base, Measure(request.Identity, request.Paging));
        if (!place.Start.IsAligned(PageSize) || place.End > PhysicalAddress.FourGiB)
        {
            throw new ArgumentException(
                $"a trampoline cannot lie at {place}: it must start on a page boundary and end below 4 GiB",
                nameof(request));
        }

        if (!request.Identity.Contains(place))
        {
            throw new ArgumentException(
                $"the trampoline at {place} is not in the memory that it maps", nameof(request));
        }

        PageTables tables = PageTables.Build(request.Identity, request.Paging, place.Start + TablesOffset);
        byte[] code = Assemble(new LongModeCrossingCode
        {
            Base = request.Base,
            StackTop = request.Base + TablesOffset,
            Root4 = tables.Root4,
            Root5 = tables.Root5,
            Keeps5Level = request.Keeps5Level,
            Entry = request.Entry.Value,
            Registers = request.Registers,
        }, interruptTable: []);
        byte[] bytes = new byte[checked((int)place.Length)];
        code.CopyTo(bytes, 0);
        tables.Bytes.CopyTo(bytes.AsMemory((int)TablesOffset));
        return new TrampolineImage(place, bytes, EntryOffset: 0, code.Length, tables);
    }

    /// <summary>Writes the code with its constants: at most a page.</summary>
    /// <param name="request">What it needs of its surroundings.</param>
    /// <param name="interruptTable">Is filled where one is asked for: <see cref="InterruptDrain.TableLength"/> bytes.</param>
    internal static byte[] Assemble(LongModeCrossingCode request, Span<byte> interruptTable)
    {
        X64Assembler code = new(request.Base.Value);
        LongModeGround ground = new(code);
        ground.EnterOwnSegments(request.StackTop);
        ground.EnterOwnTables(request.Root4, request.Root5);
        if (!request.Keeps5Level)
        {
            LeaveFiveLevels(code, ground, request);
        }

        InterruptDrain? drain = request.InterruptTable is { } table ? new InterruptDrain(code, table) : null;
        drain?.Write(ground);
        if (request.CopyFrom is { } from)
        {
            Copy(code, from, request.CopyTo);
        }

        SetRegisters(code, request.Registers);
        code.Jmp(MemoryOperand.At(ground.Entry));

        drain?.WriteRoutines();
        ground.WriteConstants(request.Entry);
        byte[] bytes = code.Build();
        drain?.FillTable(interruptTable);
        return (ulong)bytes.Length <= PageSize
            ? bytes
            : throw new InvalidOperationException($"the trampoline's code has outgrown its page: {bytes.Length} bytes");
    }

    /// <summary>LA57 cannot be changed in long mode, and long mode can be left only from 32-bit code.</summary>
    private static void LeaveFiveLevels(X64Assembler code, LongModeGround ground, LongModeCrossingCode tables)
    {
        Label fourLevels = code.NewLabel("four_levels");
        code.Mov(Reg64.Rax, ControlRegister.Cr4);
        code.Bt(Reg32.Eax, Cr4Bits.LinearAddress57);
        code.JccShort(Condition.NoCarry, fourLevels);
        ground.FarReturn(GlobalDescriptorTable.Code32, "compatibility_mode");

        code.Bits = CodeBits.Bits32;
        code.Mov(Reg32.Eax, ControlRegister.Cr0);
        code.Btr(Reg32.Eax, Cr0Bits.Paging);
        code.Mov(ControlRegister.Cr0, Reg32.Eax);

        code.Mov(Reg32.Eax, ControlRegister.Cr4);
        code.Btr(Reg32.Eax, Cr4Bits.LinearAddress57);
        code.Mov(ControlRegister.Cr4, Reg32.Eax);
        code.Mov(Reg32.Eax, Low(tables.Root4));
        code.Mov(ControlRegister.Cr3, Reg32.Eax);

        // EFER.LME was never cleared, so paging brings long mode back with it.
        code.Mov(Reg32.Eax, ControlRegister.Cr0);
        code.Bts(Reg32.Eax, Cr0Bits.Paging);
        code.Mov(ControlRegister.Cr0, Reg32.Eax);
        code.JmpFar(GlobalDescriptorTable.BootCode, fourLevels);

        // The way through 32-bit code need not keep the upper half of any register: nothing but RSP is used again.
        code.Bits = CodeBits.Bits64;
        code.Bind(fourLevels);
        code.Mov(Reg32.Esp, Low(tables.StackTop));
    }

    private static void Copy(X64Assembler code, PhysicalRange from, PhysicalAddress to)
    {
        code.Mov(Reg32.Esi, Low(from.Start));
        code.Mov(Reg32.Edi, Low(to));
        code.Mov(Reg32.Ecx, (uint)from.Length);
        code.RepMovsb();
    }

    private static void SetRegisters(X64Assembler code, IReadOnlyDictionary<Reg64, ulong> registers)
    {
        foreach (Reg64 register in Reg64.All.Where(r => r != Reg64.Rsp && !registers.ContainsKey(r)))
        {
            code.Xor(register.Low32, register.Low32);
        }

        code.Push(Flags);
        code.Popfq();
        foreach ((Reg64 register, ulong value) in registers.OrderBy(r => r.Key.Number))
        {
            code.Mov(register, value);
        }
    }

    private static uint Low(PhysicalAddress belowFourGiB) => (uint)belowFourGiB.Value;
}
