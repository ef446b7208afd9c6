namespace Baton.Linux.Gathers;

/// <summary>A run of addresses, and pages behind them that stay where they are until it is disposed of.</summary>
internal interface IHeldRegion : IDisposable
{
    /// <summary>What keeps the pages where they are.</summary>
    PinMethod Method { get; }

    /// <summary>Has the kernel put pages behind the addresses.</summary>
    /// <param name="held">Is asked before each piece whether there is still a wish for it.</param>
    /// <exception cref="SystemCallException">There is no memory.</exception>
    /// <exception cref="InsufficientMemoryException">All has been given back meanwhile.</exception>
    void Fill(HeldMemory held);

    /// <summary>Has the kernel leave the pages where they are.</summary>
    /// <exception cref="SystemCallException">That is not possible on this machine.</exception>
    void Pin();

    /// <summary>Gives the pages back; the addresses stay, with zeros behind them.</summary>
    void Empty();
}
