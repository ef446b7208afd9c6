using System.Runtime.InteropServices;

namespace Baton.Linux;

/// <summary>struct kexec_segment of &lt;linux/kexec.h&gt;, as the kernel reads it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KexecSegment
{
    /// <summary>Source in this process; need not be aligned.</summary>
    public void* Buf;

    /// <summary>Bytes at the source; the kernel fills the rest of the destination with zeros.</summary>
    public nuint BufSz;

    /// <summary>Physical destination, page-aligned.</summary>
    public void* Mem;

    /// <summary>Bytes at the destination, whole pages.</summary>
    public nuint MemSz;
}
