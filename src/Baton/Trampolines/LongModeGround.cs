using Baton.Memory;

namespace Baton.Trampolines;

/// <summary>
/// What a program does first that kexec enters in long mode: it leaves every table of the kernel that is gone. From the
/// load of CR3 on it depends on nothing outside itself.
/// </summary>
internal sealed class LongModeGround
{
    /// <summary>Caches on, write protection and everything else that is not the crossing's business off.</summary>
    private const uint Cr0 =
        (1U << Cr0Bits.ProtectionEnable) | (1U << Cr0Bits.ExtensionType)
        | (1U << Cr0Bits.NumericError) | (1U << Cr0Bits.Paging);

    private const uint Cr4Kept = (1U << Cr4Bits.LinearAddress57) | (1U << Cr4Bits.MachineCheckEnable);

    private readonly X64Assembler _code;
    private readonly Label _noInterrupts;
    private readonly Label _segments;

    public LongModeGround(X64Assembler code)
    {
        _code = code;
        _noInterrupts = code.NewLabel("idtr");
        _segments = code.NewLabel("gdtr");
        Entry = code.NewLabel("entry");
    }

    /// <summary>The address to jump to in the end: in memory, so that no register holds it at the entry.</summary>
    public Label Entry { get; }

    /// <summary>Loads own descriptor tables, a stack and flat segments.</summary>
    /// <param name="stackTop">Below 4 GiB; the stack grows down from here.</param>
    public void EnterOwnSegments(PhysicalAddress stackTop)
    {
        // No descriptor of the old kernel may be needed again: its tables can be overwritten by now. An exception
        // from here on finds no handler and resets the machine, which is better than running what lies there.
        _code.Cli();
        _code.Cld();
        _code.Mov(Reg32.Esp, Low(stackTop));
        RefuseInterrupts();
        _code.Lgdt(MemoryOperand.At(_segments));
        FarReturn(GlobalDescriptorTable.BootCode, "own_code_segment");

        _code.Mov(Reg32.Eax, GlobalDescriptorTable.BootData);
        foreach (DataSegment segment in DataSegment.All)
        {
            _code.Mov(segment, Reg32.Eax);
        }
    }

    /// <summary>Leaves no handler for anything.</summary>
    public void RefuseInterrupts() => _code.Lidt(MemoryOperand.At(_noInterrupts));

    /// <summary>Loads own page tables, of as many levels as are in use.</summary>
    /// <param name="root4">CR3 for 4 levels, below 4 GiB.</param>
    /// <param name="root5">CR3 for 5 levels, below 4 GiB.</param>
    public void EnterOwnTables(PhysicalAddress root4, PhysicalAddress root5)
    {
        Label rootChosen = _code.NewLabel("root_chosen");
        _code.Mov(Reg64.Rax, ControlRegister.Cr4);
        _code.Mov(Reg32.Ecx, Low(root5));
        _code.Bt(Reg32.Eax, Cr4Bits.LinearAddress57);
        _code.JccShort(Condition.Carry, rootChosen);
        _code.Mov(Reg32.Ecx, Low(root4));
        _code.Bind(rootChosen);
        _code.Mov(ControlRegister.Cr3, Reg64.Rcx);

        // After CR3, so that PCIDE goes while the identifier is 0; before CR0, because WP cannot go before CET.
        // Clearing PGE and PCIDE also empties the TLB of what CR3 leaves in it.
        _code.And(Reg32.Eax, Cr4Kept);
        _code.Bts(Reg32.Eax, Cr4Bits.PhysicalAddressExtension);
        _code.Mov(ControlRegister.Cr4, Reg64.Rax);
        _code.Mov(Reg32.Eax, Cr0);
        _code.Mov(ControlRegister.Cr0, Reg64.Rax);
    }

    /// <summary>Goes on at the next instruction, in another code segment.</summary>
    public void FarReturn(ushort selector, string name)
    {
        Label next = _code.NewLabel(name);
        _code.Push(selector);
        _code.Lea(Reg64.Rax, MemoryOperand.At(next));
        _code.Push(Reg64.Rax);
        _code.Retfq();
        _code.Bind(next);
    }

    /// <summary>Writes what the instructions read from memory, behind the last of them.</summary>
    /// <param name="entry">The linear address of what comes next.</param>
    public void WriteConstants(ulong entry)
    {
        _code.Align(sizeof(ulong));
        Label table = _code.Here("gdt");
        foreach (SegmentDescriptor descriptor in GlobalDescriptorTable.Entries)
        {
            _code.Data64(descriptor.Value);
        }

        _code.Bind(Entry);
        _code.Data64(entry);
        _code.Bind(_segments);
        _code.Data16(GlobalDescriptorTable.Limit);
        _code.Data64(table);
        _code.Bind(_noInterrupts);
        _code.Data16(0);
        _code.Data64(0);
    }

    private static uint Low(PhysicalAddress belowFourGiB) => (uint)belowFourGiB.Value;
}
