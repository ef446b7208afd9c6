using Baton.Linux;
using Baton.Linux.Kexec;
using Baton.Memory;
using Microsoft.Win32.SafeHandles;

namespace Baton.Cli;

/// <summary>
/// The system calls, and <see cref="LoadedRecord"/> beside them: it is gone before something else is loaded and when anything is
/// unloaded, whoever makes the call and however this process ends. So is the mark of a list (<see cref="ListMark"/>), which is
/// there before the list is.
/// </summary>
/// <param name="calls">The calls.</param>
/// <param name="folder">Where the record is.</param>
internal sealed class RecordedCalls(IKexecCalls calls, string folder = LoadedRecord.Folder) : IKexecCalls
{
    /// <summary>Whether what is loaded is a list, which leads into this process's memory.</summary>
    public bool AreLists { get; init; }

    public void Load(PhysicalAddress entry, IReadOnlyList<LoadedPiece> pieces) => Replace(() => calls.Load(entry, pieces));

    public void LoadFile(SafeFileHandle kernel, SafeFileHandle? initrd, string commandLine) =>
        Replace(() => calls.LoadFile(kernel, initrd, commandLine));

    public void Unload()
    {
        calls.Unload();
        LoadedRecord.Remove(folder);
        ListMark.PutBack(folder, null);
    }

    private void Replace(Action load)
    {
        LoadedRecord? before = LoadedRecord.Read(folder);
        LoadedRecord.Remove(folder);
        string? mark = ListMark.Read(folder);
        if (AreLists)
        {
            ListMark.Leave(folder);
        }

        try
        {
            load();
        }
        catch (SystemCallException)
        {
            // The kernel refused: what was loaded before still is.
            ListMark.PutBack(folder, mark);
            if (before is not null)
            {
                LoadedRecord.Write(before, folder);
            }

            throw;
        }

        if (!AreLists)
        {
            ListMark.PutBack(folder, null);
        }
    }
}
