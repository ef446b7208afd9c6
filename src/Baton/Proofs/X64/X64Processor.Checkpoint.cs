namespace Baton.Proofs.X64;

/// <content>A way back for instructions that change several registers before the last access that can fail.</content>
public sealed partial class X64Processor
{
    internal void ExecuteGuarded(DecodedInstruction op)
    {
        Checkpoint before = new(this);
        try
        {
            op.Inner!(op);
        }
        catch
        {
            before.Restore(this);
            throw;
        }
    }

    private sealed class Checkpoint(X64Processor cpu)
    {
        private readonly ulong[] _registers = [.. cpu._r];
        private readonly SegmentState[] _segments = [.. cpu._segments];
        private readonly ulong _flags = cpu.Rflags;
        private readonly int _privilege = cpu._privilege;
        private readonly ulong _cr0 = cpu._cr0;
        private readonly ulong _efer = cpu._efer;

        public void Restore(X64Processor cpu)
        {
            _registers.CopyTo(cpu._r, 0);
            _segments.CopyTo(cpu._segments, 0);
            cpu.Rflags = _flags;
            (cpu._cr0, cpu._efer) = (_cr0, _efer);
            cpu.SetPrivilege(_privilege);
            cpu.RefreshMode();
        }
    }
}
