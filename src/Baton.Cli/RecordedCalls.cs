using Baton.Linux;
using Baton.Linux.Kexec;
using Baton.Memory;
using Microsoft.Win32.SafeHandles;

namespace Baton.Cli;

/// <summary>
/// The system calls, and <see cref="LoadedRecord"/> beside them: it is gone before something else is loaded and when anything is
/// unloaded, whoever makes the call and however this process ends.
/// </summary>
/// <param name="calls">The calls.</param>
/// <param name="folder">Where the record is.</param>
internal sealed class RecordedCalls(IKexecCalls calls, string folder = LoadedRecord.Folder) : IKexecCalls
{
    public void Load(PhysicalAddress entry, IReadOnlyList<LoadedPiece> pieces) => Replace(() => calls.Load(entry, pieces));

    public void LoadFile(SafeFileHandle kernel, SafeFileHandle? initrd, string commandLine) =>
        Replace(() => calls.LoadFile(kernel, initrd, commandLine));

    public void Unload()
    {
        calls.Unload();
        LoadedRecord.Remove(folder);
    }

    private void Replace(Action load)
    {
        LoadedRecord? before = LoadedRecord.Read(folder);
        LoadedRecord.Remove(folder);
        try
        {
            load();
        }
        catch (SystemCallException) when (before is not null)
        {
            // The kernel refused: what was loaded before still is.
            LoadedRecord.Write(before, folder);
            throw;
        }
    }
}
