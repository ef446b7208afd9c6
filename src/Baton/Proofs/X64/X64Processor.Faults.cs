namespace Baton.Proofs.X64;

/// <content>Faults, as the exceptions of C# that end an instruction.</content>
public sealed partial class X64Processor
{
    internal X64FaultException InvalidOpcode(string reason) => Fault(X64Exception.InvalidOpcode, null, reason);

    internal X64FaultException NotSimulated(string message) =>
        new(X64FaultCause.NotSimulated, "not simulated", message, ProgramCounter);

    private X64FaultException GeneralProtection(uint code, string reason) => Fault(X64Exception.GeneralProtection, code, reason);

    private X64FaultException StackFault(uint code, string reason) => Fault(X64Exception.StackFault, code, reason);

    private X64FaultException Fault(X64Exception vector, uint? code, string reason, IReadOnlyList<string>? details = null) =>
        new(vector, code, reason, ProgramCounter) { Details = details ?? [] };

    private X64FaultException PageFault(PageWalk walk) =>
        new(X64Exception.PageFault, walk.ErrorCode, $"at 0x{walk.Linear:x}: {walk.Failure}", ProgramCounter)
        {
            LinearAddress = walk.Linear,
            Details = [$"CR3 0x{_cr3:x}, {Access(walk.ErrorCode)}", .. walk.Steps.Select(step => step.ToString())],
        };

    private static string Access(uint code) =>
        $"{((code & FaultUser) != 0 ? "user" : "supervisor")} "
        + ((code & FaultFetch) != 0 ? "fetch" : (code & FaultWrite) != 0 ? "write" : "read or fetch");

    private X64FaultException MemoryRefused(MemoryFaultException refusal)
    {
        string kind = refusal.Fault switch
        {
            MemoryFault.OutsideMemory => "outside memory",
            MemoryFault.Unwritten => "unwritten memory",
            MemoryFault.Guarded => "guarded memory",
            _ => "a device's register",
        };
        return new X64FaultException(X64FaultCause.Memory, kind, refusal.Message, ProgramCounter, refusal)
        {
            Details = [.. _walkSteps.Select(step => $"last page walk: {step}")],
        };
    }

    private X64FaultException HaltedFault() =>
        new(X64FaultCause.Halted, "halted", "the processor has halted, and no interrupt will wake it", ProgramCounter);
}
