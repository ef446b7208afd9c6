using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using Baton.Machines;
using Microsoft.Win32.SafeHandles;

namespace Baton.Linux;

/// <summary>Asks the processor about Secure Encrypted Virtualization: CPUID, and SEV_STATUS by msr(4).</summary>
internal static class SevProbe
{
    private const uint LastExtendedLeaf = 0x8000_0000;
    private const uint EncryptionLeaf = 0x8000_001f;

    private const string Registers = "/dev/cpu/0/msr";
    private const long SevStatus = 0xc001_0131;

    /// <summary>The answer; null on a processor that is no x86.</summary>
    public static SevAnswer? Ask()
    {
        if (!X86Base.IsSupported)
        {
            return null;
        }

        uint features = Leaf(LastExtendedLeaf) < EncryptionLeaf ? 0 : Leaf(EncryptionLeaf);
        return new SevAnswer(features, features == 0 ? null : Status());
    }

    private static uint Leaf(uint number) => unchecked((uint)X86Base.CpuId((int)number, 0).Eax);

    /// <summary>The register; null without msr.ko, for who may not read it, and where the processor has none.</summary>
    private static ulong? Status()
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(Registers, share: FileShare.ReadWrite | FileShare.Delete);
            byte[] value = new byte[sizeof(ulong)];
            return RandomAccess.Read(file, value, SevStatus) == value.Length
                ? BinaryPrimitives.ReadUInt64LittleEndian(value)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
