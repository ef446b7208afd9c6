using Baton.Bytes;
using Baton.Machines;

namespace Baton.Linux.Files;

/// <summary>
/// The files of a system below a directory, and what a machine record has that is no file of any system: the firmware's
/// EFI memory map, read from physical memory, and on the running system what its processor answers.
/// </summary>
public sealed class SystemFileTree : IFileTree
{
    private const string BootParams = "sys/kernel/boot_params/data";
    private const ulong LongestMap = 1 << 20;

    private readonly string _root;
    private readonly DirectoryFileTree _files;

    /// <param name="root">The directory: <c>/</c>, or an unpacked machine record.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public SystemFileTree(string root)
    {
        _root = root;
        _files = new DirectoryFileTree(root);
    }

    public string Name => _files.Name;

    public TreeFile Read(string path)
    {
        TreeFile file = _files.Read(path);
        if (path is not (RecordPaths.EfiMap or RecordPaths.Sev) || file.State != TreeFileState.Absent
            || _files.Read(RecordPaths.Version).IsPresent)
        {
            return file;
        }

        return path == RecordPaths.EfiMap ? ReadEfiMap(file)
            : _root == "/" && SevProbe.Ask() is { } answer ? new TreeFile(TreeFileState.Present, answer.ToFile())
            : file;
    }

    public IReadOnlyList<string> List(string path) => _files.List(path);

    private TreeFile ReadEfiMap(TreeFile absent)
    {
        TreeFile file = _files.Read(BootParams);
        if (!file.IsPresent || RunningBootParams.Parse(file.Bytes, BootParams).EfiMap is not { } place
            || place.Range.Length > LongestMap)
        {
            return absent;
        }

        return PhysicalMemory.Read(_root, place.Range) is { } bytes
            ? new TreeFile(TreeFileState.Present, bytes)
            : absent;
    }
}
