namespace Baton.Trampolines;

/// <summary>
/// An operation on the cache line of an address (Arm ARM, DC and IC; the number is op1:CRn:CRm:op2).
/// </summary>
public enum CacheOperation
{
    /// <summary>Invalidate a data line to the point of coherency: what it held is lost. Not at EL0.</summary>
    Ivac = 0x03b1,

    /// <summary>Write a data line of zeros.</summary>
    Zva = 0x1ba1,

    /// <summary>Clean a data line to the point of coherency.</summary>
    Cvac = 0x1bd1,

    /// <summary>Clean a data line to the point of unification.</summary>
    Cvau = 0x1bd9,

    /// <summary>Clean and invalidate a data line to the point of coherency.</summary>
    Civac = 0x1bf1,

    /// <summary>Invalidate an instruction line to the point of unification.</summary>
    IvaU = 0x1ba9,
}
