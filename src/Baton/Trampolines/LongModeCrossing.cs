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

    /// <summary>Caches on, write protection and everything else that is not the crossing's business off.</summary>
    private const uint Cr0 =
        (1U << Cr0Bits.ProtectionEnable) | (1U << Cr0Bits.ExtensionType)
        | (1U << Cr0Bits.NumericError) | (1U << Cr0Bits.Paging);

    private const uint Cr4Kept = (1U << Cr4Bits.LinearAddress57) | (1U << Cr4Bits.MachineCheckEnable);

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
        });
        byte[] bytes = new byte[checked((int)place.Length)];
        code.CopyTo(bytes, 0);
        tables.Bytes.CopyTo(bytes.AsMemory((int)TablesOffset));
        return new TrampolineImage(place, bytes, EntryOffset: 0, code.Length, tables);
    }

    /// <summary>Writes the code with its constants: at most a page.</summary>
    internal static byte[] Assemble(LongModeCrossingCode request)
    {
        X64Assembler code = new(request.Base.Value);
        Constants constants = new(code);
        EnterOwnSegments(code, constants, Low(request.StackTop));
        EnterOwnTables(code, request);
        if (!request.Keeps5Level)
        {
            LeaveFiveLevels(code, request);
        }

        if (request.CopyFrom is { } from)
        {
            Copy(code, from, request.CopyTo);
        }

        SetRegisters(code, request.Registers);
        code.Jmp(MemoryOperand.At(constants.Entry));

        constants.Write(code, request.Entry);
        byte[] bytes = code.Build();
        return (ulong)bytes.Length <= PageSize
            ? bytes
            : throw new InvalidOperationException($"the trampoline's code has outgrown its page: {bytes.Length} bytes");
    }

    private static void EnterOwnSegments(X64Assembler code, Constants constants, uint stackTop)
    {
        // No descriptor of the old kernel may be needed again: its tables can be overwritten by now. An exception
        // from here on finds no handler and resets the machine, which is better than running what lies there.
        code.Cli();
        code.Cld();
        code.Mov(Reg32.Esp, stackTop);
        code.Lidt(MemoryOperand.At(constants.NoInterrupts));
        code.Lgdt(MemoryOperand.At(constants.Segments));
        FarReturn(code, GlobalDescriptorTable.BootCode, "own_code_segment");

        code.Mov(Reg32.Eax, GlobalDescriptorTable.BootData);
        foreach (DataSegment segment in DataSegment.All)
        {
            code.Mov(segment, Reg32.Eax);
        }
    }

    private static void EnterOwnTables(X64Assembler code, LongModeCrossingCode tables)
    {
        Label rootChosen = code.NewLabel("root_chosen");
        code.Mov(Reg64.Rax, ControlRegister.Cr4);
        code.Mov(Reg32.Ecx, Low(tables.Root5));
        code.Bt(Reg32.Eax, Cr4Bits.LinearAddress57);
        code.JccShort(Condition.Carry, rootChosen);
        code.Mov(Reg32.Ecx, Low(tables.Root4));
        code.Bind(rootChosen);
        code.Mov(ControlRegister.Cr3, Reg64.Rcx);

        // After CR3, so that PCIDE goes while the identifier is 0; before CR0, because WP cannot go before CET.
        // Clearing PGE and PCIDE also empties the TLB of what CR3 leaves in it.
        code.And(Reg32.Eax, Cr4Kept);
        code.Bts(Reg32.Eax, Cr4Bits.PhysicalAddressExtension);
        code.Mov(ControlRegister.Cr4, Reg64.Rax);
        code.Mov(Reg32.Eax, Cr0);
        code.Mov(ControlRegister.Cr0, Reg64.Rax);
    }

    /// <summary>LA57 cannot be changed in long mode, and long mode can be left only from 32-bit code.</summary>
    private static void LeaveFiveLevels(X64Assembler code, LongModeCrossingCode tables)
    {
        Label fourLevels = code.NewLabel("four_levels");
        code.Mov(Reg64.Rax, ControlRegister.Cr4);
        code.Bt(Reg32.Eax, Cr4Bits.LinearAddress57);
        code.JccShort(Condition.NoCarry, fourLevels);
        FarReturn(code, GlobalDescriptorTable.Code32, "compatibility_mode");

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

        code.Bits = CodeBits.Bits64;
        code.Bind(fourLevels);
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

    /// <summary>Goes on at the next instruction, in another code segment.</summary>
    private static void FarReturn(X64Assembler code, ushort selector, string name)
    {
        Label next = code.NewLabel(name);
        code.Push(selector);
        code.Lea(Reg64.Rax, MemoryOperand.At(next));
        code.Push(Reg64.Rax);
        code.Retfq();
        code.Bind(next);
    }

    private static uint Low(PhysicalAddress belowFourGiB) => (uint)belowFourGiB.Value;

    /// <summary>What the instructions read from memory, behind the last of them.</summary>
    private sealed class Constants(X64Assembler code)
    {
        /// <summary>The operand of <c>lidt</c>: a table without entries.</summary>
        public Label NoInterrupts { get; } = code.NewLabel("idtr");

        /// <summary>The operand of <c>lgdt</c>.</summary>
        public Label Segments { get; } = code.NewLabel("gdtr");

        /// <summary>The address to jump to: in memory, so that no register holds it at the entry.</summary>
        public Label Entry { get; } = code.NewLabel("entry");

        public void Write(X64Assembler code, ulong entry)
        {
            code.Align(sizeof(ulong));
            Label table = code.Here("gdt");
            foreach (SegmentDescriptor descriptor in GlobalDescriptorTable.Entries)
            {
                code.Data64(descriptor.Value);
            }

            code.Bind(Entry);
            code.Data64(entry);
            code.Bind(Segments);
            code.Data16(GlobalDescriptorTable.Limit);
            code.Data64(table);
            code.Bind(NoInterrupts);
            code.Data16(0);
            code.Data64(0);
        }
    }
}
