using System.Runtime.InteropServices;
using Baton.Linux;
using Baton.Linux.Kexec;
using Baton.Memory;
using Microsoft.Win32.SafeHandles;

namespace Baton.Tests.Linux;

/// <summary>In place of the system calls: keeps what the kernel would have copied.</summary>
internal sealed class RecordingCalls : IKexecCalls
{
    /// <summary>Done while the kernel would copy.</summary>
    public Action WhileLoading { get; init; } = () => { };

    /// <summary>The error to fail with; null to succeed.</summary>
    public Errno? Failure { get; init; }

    /// <summary>What is loaded: the bytes of each piece by its destination; null when nothing is.</summary>
    public Dictionary<PhysicalRange, byte[]>? Loaded { get; private set; }

    public PhysicalAddress Entry { get; private set; }

    /// <summary>What kexec_file_load was given: kernel, initrd, command line.</summary>
    public (byte[] Kernel, byte[]? Initrd, string CommandLine)? LoadedFiles { get; private set; }

    public void Load(PhysicalAddress entry, IReadOnlyList<LoadedPiece> pieces)
    {
        WhileLoading();
        ThrowIfAsked("kexec_load");
        Entry = entry;
        Loaded = pieces.ToDictionary(piece => piece.Destination, piece =>
        {
            byte[] bytes = new byte[piece.Length];
            Marshal.Copy(piece.Buffer, bytes, 0, bytes.Length);
            return bytes;
        });
    }

    public void LoadFile(SafeFileHandle kernel, SafeFileHandle? initrd, string commandLine)
    {
        WhileLoading();
        ThrowIfAsked("kexec_file_load");
        LoadedFiles = (ReadAll(kernel), initrd is null ? null : ReadAll(initrd), commandLine);
    }

    public void Unload()
    {
        Loaded = null;
        LoadedFiles = null;
    }

    private static byte[] ReadAll(SafeFileHandle file)
    {
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, 0));
        return bytes;
    }

    private void ThrowIfAsked(string call)
    {
        if (Failure is { } errno)
        {
            throw new SystemCallException(call, errno);
        }
    }
}
