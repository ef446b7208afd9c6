using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Baton.Bytes;

namespace Baton.Machines;

/// <summary>
/// Writes a machine record: the files of <see cref="RecordPaths"/> as a tar archive. The same files give the same
/// bytes: order, times and owners are fixed.
/// </summary>
public static class MachineRecordWriter
{
    /// <summary>Writes the record of the machine that <paramref name="tree"/> shows.</summary>
    /// <returns>The paths of the files that are there and could not be read; the record lists them.</returns>
    /// <exception cref="ImageFormatException">A file is larger than a record may hold.</exception>
    public static IReadOnlyList<string> Write(IFileTree tree, Stream output)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(output);
        IFileTree machine = RecordTree.Open(tree);
        SortedDictionary<string, ReadOnlyMemory<byte>> files = new(StringComparer.Ordinal);
        List<string> denied = [];
        foreach (string path in RecordPaths.Expand(machine))
        {
            TreeFile file = machine.Read(path);
            if (file.IsPresent)
            {
                files[path] = file.Bytes;
            }
            else if (file.State == TreeFileState.Denied)
            {
                denied.Add(path);
            }
        }

        string version = RecordPaths.CurrentVersion.ToString(CultureInfo.InvariantCulture);
        files[RecordPaths.Version] = Encoding.ASCII.GetBytes(version + "\n");
        files[RecordPaths.Denied] = Encoding.UTF8.GetBytes(string.Concat(denied.Select(path => path + "\n")));
        using TarWriter writer = new(output, TarEntryFormat.Ustar, leaveOpen: true);
        foreach ((string path, ReadOnlyMemory<byte> bytes) in files)
        {
            using MemoryStream data = new(bytes.ToArray(), writable: false);
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path)
            {
                DataStream = data,
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }

        return denied;
    }
}
