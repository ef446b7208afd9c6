using Baton.Memory;

namespace Baton.Proofs;

/// <summary>What is wrong with an access to physical memory.</summary>
public enum MemoryFault
{
    /// <summary>There is neither memory nor a device at the address.</summary>
    OutsideMemory,

    /// <summary>Nobody has written what was read.</summary>
    Unwritten,

    /// <summary>The memory is still needed as it is.</summary>
    Guarded,

    /// <summary>A device answers there, and not to this.</summary>
    Device,
}

/// <summary>A simulated access that a machine would have carried out in silence and that is wrong all the same.</summary>
public sealed class MemoryFaultException : Exception
{
    /// <param name="fault">What is wrong.</param>
    /// <param name="address">The first byte for which it is.</param>
    /// <param name="message">One sentence.</param>
    public MemoryFaultException(MemoryFault fault, PhysicalAddress address, string message)
        : base(message)
    {
        Fault = fault;
        Address = address;
    }

    public MemoryFault Fault { get; }

    /// <summary>The first byte for which it is.</summary>
    public PhysicalAddress Address { get; }
}
