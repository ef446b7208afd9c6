namespace Baton.Proofs.X64;

/// <content>
/// What registers lose outside of 64-bit mode (Intel SDM volume 1, section 3.4.1.1; AMD64 volume 1, section 3.1.2). Processors
/// that keep it are many, and none promises to.
/// </content>
public sealed partial class X64Processor
{
    /// <summary>R8 is the first register that only 64-bit mode has.</summary>
    private const int FirstLongRegister = 8;
    private const int LongRegistersEnd = 16;

    /// <summary>Outside of 64-bit mode the upper halves are undefined: nobody knows what is in them on the way back.</summary>
    /// <param name="bits">The width of code before.</param>
    private void LoseUpperHalves(int bits)
    {
        if (_options.Losses is { } garbage && bits != 64 && _bits == 64)
        {
            for (int i = 0; i < FirstLongRegister; i++)
            {
                _r[i] = (_r[i] & uint.MaxValue) | (garbage.Next() << 32);
            }
        }
    }

    /// <summary>Compatibility mode keeps R8 to R15, what comes without long mode need not.</summary>
    private void LoseLongRegisters()
    {
        if (_options.Losses is { } garbage)
        {
            for (int i = FirstLongRegister; i < LongRegistersEnd; i++)
            {
                _r[i] = garbage.Next();
            }
        }
    }
}
