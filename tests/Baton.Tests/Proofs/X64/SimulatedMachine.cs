using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;

namespace Baton.Tests.Proofs.X64;

/// <summary>A processor with some memory and code in it.</summary>
internal static class SimulatedMachine
{
    /// <summary>Where the tests put code.</summary>
    public const ulong Code = 0x8000;

    /// <summary>Where the stack of the tests ends.</summary>
    public const ulong StackTop = 0x8000;

    /// <summary>The page tables of <see cref="LongMode"/>: one page of 1 GiB.</summary>
    public const ulong Root = 0x1000;

    /// <summary>Memory of zeros.</summary>
    public static PhysicalMemory Memory(ulong size = 16 << 20) =>
        new(RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, size)), UnwrittenMemory.Zeros);

    /// <summary>64-bit mode with the first GiB mapped to itself, at <see cref="Code"/>.</summary>
    public static X64Processor LongMode(ReadOnlySpan<byte> code, X64Options? options = null)
    {
        PhysicalMemory memory = Memory();
        memory.Write(Root, 8, 0x2003);
        memory.Write(0x2000, 8, 0x83);
        memory.Set(Code, code);
        return new X64Processor(memory, options)
        {
            State = X64State.LongMode(Code, Root).With(X64Register.Rsp, StackTop),
        };
    }

    /// <summary>Flat 32-bit protected mode without paging, at <see cref="Code"/>.</summary>
    public static X64Processor Protected32(ReadOnlySpan<byte> code, X64Options? options = null)
    {
        PhysicalMemory memory = Memory();
        memory.Set(Code, code);
        return new X64Processor(memory, options)
        {
            State = X64State.Protected32(Code).With(X64Register.Rsp, StackTop),
        };
    }

    /// <summary>Real mode at 0800:0000, which is <see cref="Code"/>.</summary>
    public static X64Processor RealMode(ReadOnlySpan<byte> code, X64Options? options = null)
    {
        PhysicalMemory memory = Memory();
        memory.Set(Code, code);
        return new X64Processor(memory, options)
        {
            State = X64State.RealMode((ushort)(Code >> 4), 0).With(X64Register.Rsp, 0xFFF0),
        };
    }

    /// <summary>Bytes from hexadecimal digits, blanks between them.</summary>
    public static byte[] Hex(string digits) => Convert.FromHexString(digits.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>A segment of one array.</summary>
    public static Segment Segment(string name, PhysicalRange place, ReadOnlyMemory<byte> bytes) =>
        new(name, place, SegmentContent.OfBytes(bytes, name));
}
