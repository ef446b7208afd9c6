using Baton.Handoffs;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.X64;
using Baton.Trampolines;
using BenchmarkDotNet.Attributes;

namespace Baton.Benchmarks;

/// <summary>
/// Instructions of the simulated x86 processor: a loop of arithmetic, loads, stores and branches in long mode with
/// 4 levels of page tables. The time of one operation is that of one instruction.
/// </summary>
[ShortRunJob]
public class ProcessorBenchmarks
{
    private const int Instructions = 1_000_000;
    private const ulong Code = 0x10_0000;
    private const ulong Data = 0x20_0000;
    private const ulong Tables = 0x100_0000;

    private X64Processor _processor = null!;

    [GlobalSetup]
    public void SetUp()
    {
        RangeSet ram = RangeSet.Of(new PhysicalRange(PhysicalAddress.Zero, 64 << 20));
        PhysicalMemory memory = new(ram);
        X64Assembler code = new(Code);
        code.Mov(Reg64.Rbx, Data);
        code.Xor(Reg32.Edx, Reg32.Edx);
        Label outer = code.Here("outer");
        code.Mov(Reg32.Ecx, 256);
        Label inner = code.Here("inner");
        code.Mov(Reg64.Rax, MemoryOperand.At(Reg64.Rbx));
        code.Add(Reg64.Rax, Reg64.Rcx);
        code.Xor(Reg64.Rdx, Reg64.Rax);
        code.Rol(Reg64.Rdx, 7);
        code.Mov(MemoryOperand.At(Reg64.Rbx, 8), Reg64.Rdx);
        code.Test(Reg64.Rdx, Reg64.Rdx);
        code.Sub(Reg32.Ecx, 1);
        code.Jcc(Condition.NotZero, inner);
        code.Jmp(outer);
        memory.Set(Code, code.Build());
        memory.Set(Data, new byte[4096]);
        memory.Set(Tables, IdentityTables.Build(ram, levels: 4, gigabytePages: false, new PhysicalAddress(Tables)));
        _processor = new X64Processor(memory) { State = X64State.LongMode(Code, Tables) };
    }

    [Benchmark(OperationsPerInvoke = Instructions)]
    public X64Stop LongMode() => _processor.Run(Instructions);
}
