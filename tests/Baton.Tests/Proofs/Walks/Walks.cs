using System.Runtime.InteropServices;
using Baton.Handoffs;
using Baton.Machines;
using Baton.Proofs;
using Baton.Proofs.Arm64;
using Baton.Proofs.Walks;
using Baton.Proofs.X64;
using Baton.Protocols;
using Baton.Protocols.LinuxArm64;
using Baton.Protocols.LinuxArm64.Clauses;
using Baton.Protocols.LinuxX86;
using Baton.Protocols.LinuxX86.Clauses;
using Baton.Reports.Walks;
using Baton.Tests.Proofs.Arm64;
using Baton.Tests.Proofs.X64;
using Baton.Tests.Protocols;

namespace Baton.Tests.Proofs.Walks;

/// <summary>Walks to test: through a few instructions, and through a whole crossing.</summary>
internal static class Walks
{
    /// <summary>Through code in long mode, from <see cref="SimulatedMachine.Code"/>.</summary>
    public static WalkSession Through(string code, ulong limit = WalkSession.DefaultLimit, ulong? entry = null)
    {
        byte[] bytes = SimulatedMachine.Hex(code);
        return new WalkSession(
            () =>
            {
                X64Processor processor = SimulatedMachine.LongMode(bytes);
                processor.Memory.Log = new WriteLog(processor);
                return new X64WalkMachine(processor);
            },
            entry,
            limit);
    }

    /// <summary>From kexec to a kernel of the tests, on a machine with 5-level paging.</summary>
    public static WalkSession Across(bool kernelTakes5Level)
    {
        Machine machine = TestMachines.Bios();
        machine = machine with { Processor = machine.Processor with { La57 = true } };
        Handoff handoff = LinuxX86Planner.Plan(
            TestKernels.Request(machine, TestKernels.Modern with { Takes5Level = kernelTakes5Level }));
        X64ProofMachine where = ProofMachines.X64(machine);
        return new WalkSession(
            () => new X64WalkMachine(KexecMachine.Create(handoff, where, new Garbage(1)).Processor), handoff.KernelEntry.Value);
    }

    /// <summary>Through code that llvm-mc assembles, from <see cref="Arm64Machine.Code"/>, with the MMU off.</summary>
    public static WalkSession ThroughArm64(string assembly, ulong? entry = null, int level = 2)
    {
        uint[] words = LlvmMc.Words(assembly.Split(';', StringSplitOptions.TrimEntries));
        return new WalkSession(
            () =>
            {
                Arm64Machine machine = new(level);
                machine.Memory.Set(Arm64Machine.Code, MemoryMarshal.AsBytes<uint>(words));
                machine.Memory.Log = new WriteLog(machine.Processor);
                return new Arm64WalkMachine(machine.Processor);
            },
            entry);
    }

    /// <summary>From kexec to an arm64 kernel of the tests.</summary>
    public static WalkSession AcrossArm64(int level = 2)
    {
        Machine machine = Arm64Machines.Read(Arm64Machines.Tree());
        Handoff handoff = LinuxArm64Planner.Plan(Arm64Machines.Request(machine));
        Arm64ProofMachine where = ProofMachines.Arm64(machine);
        return new WalkSession(
            () => new Arm64WalkMachine(Arm64KexecMachine.Create(handoff, where, level, new Garbage(1)).Processor),
            handoff.KernelEntry.Value);
    }

    public static X64State State(this WalkSession session) => ((X64WalkMachine)session.Machine).Processor.State;

    public static string Text(this IEnumerable<PaneLine> lines) => string.Join('\n', lines);
}
