using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Baton.Differential.Arm64;

/// <summary>The file in /dev/shm that is the guest's RAM.</summary>
internal sealed class GuestMemory : IDisposable
{
    private readonly SafeFileHandle _file;

    public GuestMemory()
    {
        Path = $"/dev/shm/baton-differential-arm64-{Environment.ProcessId}";
        _file = File.OpenHandle(Path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(_file, GuestLayout.RamSize);
    }

    public string Path { get; }

    public void Write(ulong address, ReadOnlySpan<byte> bytes) =>
        RandomAccess.Write(_file, bytes, (long)(address - GuestLayout.Ram));

    public void Read(ulong address, Span<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            done += RandomAccess.Read(_file, bytes[done..], (long)(address - GuestLayout.Ram) + done);
        }
    }

    public ulong Read(ulong address)
    {
        Span<byte> bytes = stackalloc byte[8];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    public void Write(ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(address, bytes);
    }

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(Path);
    }
}
