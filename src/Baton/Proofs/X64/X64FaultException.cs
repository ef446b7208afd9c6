using Baton.Memory;

namespace Baton.Proofs.X64;

/// <summary>Why the simulated processor does not go on.</summary>
public enum X64FaultCause
{
    /// <summary>An exception of the architecture.</summary>
    Exception,

    /// <summary>An access to memory that a machine would carry out and that is wrong all the same.</summary>
    Memory,

    /// <summary>Something that a machine does and the simulation does not know.</summary>
    NotSimulated,

    /// <summary>The processor waits for an interrupt that will not come.</summary>
    Halted,

    /// <summary>An exception that could not be delivered, nor the double fault behind it: the machine resets.</summary>
    TripleFault,
}

/// <summary>An instruction that the simulated x86 processor does not complete. The registers are as before it.</summary>
public sealed class X64FaultException : ProcessorFaultException
{
    private static readonly string[] Names =
    [
        "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "vector 9", "#TS", "#NP", "#SS", "#GP", "#PF",
        "vector 15", "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
    ];

    private readonly string? _kind;

    internal X64FaultException(X64Exception vector, uint? errorCode, string reason, ulong programCounter)
        : base($"{NameOf(vector, errorCode)}{(vector == X64Exception.PageFault ? " " : ": ")}{reason}", programCounter, null)
    {
        Cause = X64FaultCause.Exception;
        Vector = (byte)vector;
        ErrorCode = errorCode;
    }

    internal X64FaultException(
        X64FaultCause cause, string kind, string message, ulong programCounter, Exception? inner = null)
        : base(message, programCounter, inner)
    {
        Cause = cause;
        _kind = kind;
    }

    /// <summary>Why it is not completed.</summary>
    public X64FaultCause Cause { get; }

    /// <summary>The exception's vector; null when the architecture has none for it.</summary>
    public byte? Vector { get; }

    /// <summary>The error code that the exception pushes; null when it pushes none.</summary>
    public uint? ErrorCode { get; }

    /// <summary>The linear address that a page fault leaves in CR2; null for everything else.</summary>
    public ulong? LinearAddress { get; init; }

    /// <summary>The physical address that memory refused; null when it did not.</summary>
    public PhysicalAddress? PhysicalAddress => (InnerException as MemoryFaultException)?.Address;

    /// <inheritdoc/>
    public override string Kind => _kind ?? NameOf((X64Exception)Vector.GetValueOrDefault(), ErrorCode);

    private static string NameOf(X64Exception vector, uint? errorCode)
    {
        string name = (int)vector < Names.Length ? Names[(int)vector] : $"vector {(int)vector}";
        return errorCode is { } code && vector != X64Exception.PageFault ? $"{name}(0x{code:x})" : name;
    }
}
