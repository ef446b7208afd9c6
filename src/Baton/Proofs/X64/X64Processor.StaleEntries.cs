namespace Baton.Proofs.X64;

/// <content>
/// Entries of page tables that have changed, and of which the processor was not told (Intel SDM volume 3, section 4.10): it
/// may use either. This one uses the new one, or, where it is asked to, none.
/// </content>
public sealed partial class X64Processor
{
    /// <summary>By their physical address, the present entries that walks have read since code had them read anew.</summary>
    private readonly Dictionary<ulong, ulong> _entriesInUse = [];

    /// <summary>What the code does to have changed tables read anew.</summary>
    private void FlushTranslations() => RefreshTranslations(isFlush: true);

    /// <summary>Translations go with each change to what they are made of; entries that are in use only with a flush.</summary>
    private void RefreshTranslations(bool isFlush)
    {
        if (isFlush)
        {
            _entriesInUse.Clear();
        }

        ForgetTranslations();
    }

    private void CheckEntry(string table, int index, ulong address, ulong entry)
    {
        if (!_options.RefusesStaleEntries)
        {
            return;
        }

        // The processor sets these two itself.
        ulong kept = entry & ~(EntryAccessed | EntryDirty);
        if (_entriesInUse.TryGetValue(address, out ulong before))
        {
            if (before != kept)
            {
                throw new X64FaultException(
                    X64FaultCause.Memory, "stale translation",
                    $"{table} entry {index} at 0x{address:x} is 0x{entry:x16} and was 0x{before:x16} when it was first used: a "
                    + "processor may go by either, until CR3 is loaded or invlpg is carried out",
                    ProgramCounter);
            }
        }
        else if ((entry & EntryPresent) != 0)
        {
            _entriesInUse.Add(address, kept);
        }
    }
}
