using Baton.Memory;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Kexec;

/// <summary>One piece that kexec_load(2) is given: where it lies in this process and where it goes.</summary>
/// <param name="Buffer">Address in this process.</param>
/// <param name="Length">Bytes at the address.</param>
/// <param name="Destination">Whole pages of physical memory.</param>
public sealed record LoadedPiece(nint Buffer, nuint Length, PhysicalRange Destination);

/// <summary>The system calls of the carriers. Tests put their own in place.</summary>
public interface IKexecCalls
{
    /// <summary>kexec_load(2) for the architecture of this process.</summary>
    /// <exception cref="SystemCallException">The kernel refused; what was loaded before still is.</exception>
    void Load(PhysicalAddress entry, IReadOnlyList<LoadedPiece> pieces);

    /// <summary>kexec_file_load(2).</summary>
    /// <exception cref="SystemCallException">The kernel refused; what was loaded before still is.</exception>
    void LoadFile(SafeFileHandle kernel, SafeFileHandle? initrd, string commandLine);

    /// <summary>Unloads what is loaded.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    void Unload();
}
