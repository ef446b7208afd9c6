namespace Baton.Proofs.X64;

/// <summary>What follows from a mode.</summary>
public static class X64ModeExtensions
{
    extension(X64Mode mode)
    {
        /// <summary>The width of its code: 16, 32 or 64.</summary>
        public int CodeBits => mode switch
        {
            X64Mode.Long64 => 64,
            X64Mode.Protected32 or X64Mode.Compatibility32 => 32,
            _ => 16,
        };
    }
}
