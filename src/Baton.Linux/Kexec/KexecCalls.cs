using System.Text;
using Baton.Memory;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux.Kexec;

/// <summary>The real system calls.</summary>
public sealed class KexecCalls : IKexecCalls
{
    /// <summary>KEXEC_FILE_UNLOAD.</summary>
    private const nuint FileUnload = 1;

    /// <summary>KEXEC_FILE_NO_INITRAMFS.</summary>
    private const nuint FileNoInitramfs = 4;

    private const int UnloadAlone = 1;

    public unsafe void Load(PhysicalAddress entry, IReadOnlyList<LoadedPiece> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        KexecSegment[] segments = [.. pieces.Select(piece => new KexecSegment
        {
            Buf = (void*)piece.Buffer,
            BufSz = piece.Length,
            Mem = (void*)(nuint)piece.Destination.Start.Value,
            MemSz = (nuint)piece.Destination.Length,
        })];
        fixed (KexecSegment* first = segments)
        {
            // Flags 0: KEXEC_ARCH_DEFAULT, and neither a crash kernel nor a preserved context.
            KexecSegment* all = first;
            nint result = KexecLock.Try(
                () => LibC.KexecLoad(LibC.KexecLoadNumber, (nuint)entry.Value, (nuint)segments.Length, all, 0),
                CallLimit.LoadAndUnload);
            if (result < 0)
            {
                throw SystemCallException.FromLastError(
                    $"kexec_load({entry}, {segments.Length}, {Describe(pieces)}, 0)", KexecErrors.ExplainLoad);
            }
        }
    }

    public unsafe void LoadFile(SafeFileHandle kernel, SafeFileHandle? initrd, string commandLine)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(commandLine);
        byte[] line = [.. Encoding.UTF8.GetBytes(commandLine), 0];
        nuint flags = initrd is null ? FileNoInitramfs : 0;
        fixed (byte* first = line)
        {
            byte* text = first;
            nint result = KexecLock.Try(
                () => LibC.KexecFileLoad(
                    LibC.KexecFileLoadNumber,
                    kernel.DangerousGetHandle(),
                    initrd?.DangerousGetHandle() ?? -1,
                    (nuint)line.Length,
                    text,
                    flags),
                CallLimit.LoadAndUnload);
            GC.KeepAlive(kernel);
            GC.KeepAlive(initrd);
            if (result < 0)
            {
                throw SystemCallException.FromLastError(
                    $"kexec_file_load(kernel, {(initrd is null ? "-1" : "initrd")}, {line.Length}, \"…\", 0x{flags:x})",
                    KexecErrors.ExplainFileLoad);
            }
        }
    }

    public unsafe void Unload()
    {
        if (KexecLock.Try(() => LibC.KexecLoad(LibC.KexecLoadNumber, 0, 0, null, 0), UnloadAlone) >= 0)
        {
            return;
        }

        // A locked-down kernel refuses kexec_load even for this; the other call may still unload.
        SystemCallException refused = SystemCallException.FromLastError(
            "kexec_load(0, 0, NULL, 0)", KexecErrors.ExplainLoad);
        if (KexecLock.Try(() => LibC.KexecFileLoad(LibC.KexecFileLoadNumber, -1, -1, 0, null, FileUnload), UnloadAlone) < 0)
        {
            throw refused;
        }
    }

    private static string Describe(IReadOnlyList<LoadedPiece> pieces) =>
        "[" + string.Join(", ", pieces.Select(p => $"{{bufsz=0x{p.Length:x}, {p.Destination}}}")) + "]";
}
