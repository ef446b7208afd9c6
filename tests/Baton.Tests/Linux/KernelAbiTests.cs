using System.Runtime.InteropServices;
using System.Text;
using Baton.Handoffs;
using Baton.Linux;
using Baton.Linux.Files;
using Baton.Linux.Gathers;
using Baton.Protocols.LinuxX86;
using Baton.Tests.Formats;

namespace Baton.Tests.Linux;

/// <summary>Structures and numbers of the kernel's interface, with the C compiler as the judge.</summary>
public sealed class KernelAbiTests
{
    private static readonly string[] Headers =
    [
        "stddef.h", "fcntl.h", "sched.h", "signal.h", "linux/kexec.h", "linux/reboot.h", "asm/bootparam.h",
        "sys/syscall.h", "sys/mman.h", "sys/mount.h", "sys/random.h", "sys/uio.h", "poll.h", "linux/io_uring.h",
        "linux/userfaultfd.h", "linux/magic.h", "sys/stat.h", "sys/vfs.h",
    ];

    [Fact]
    public void The_kernels_headers_agree()
    {
        (string Expression, long Value)[] claims =
        [
            ("sizeof(struct kexec_segment)", Marshal.SizeOf<KexecSegment>()),
            ("offsetof(struct kexec_segment, buf)", OffsetOf(nameof(KexecSegment.Buf))),
            ("offsetof(struct kexec_segment, bufsz)", OffsetOf(nameof(KexecSegment.BufSz))),
            ("offsetof(struct kexec_segment, mem)", OffsetOf(nameof(KexecSegment.Mem))),
            ("offsetof(struct kexec_segment, memsz)", OffsetOf(nameof(KexecSegment.MemSz))),
            ("KEXEC_SEGMENT_MAX", KexecLimits.MaxSegments),
            ("KEXEC_FILE_UNLOAD", 1),
            ("KEXEC_FILE_NO_INITRAMFS", 4),
            ("__NR_kexec_load", LibC.KexecLoadNumber),
            ("__NR_kexec_file_load", LibC.KexecFileLoadNumber),
            ("__NR_reboot", LibC.RebootNumber),
            ("LINUX_REBOOT_MAGIC1", unchecked((uint)LibC.RebootMagic1)),
            ("LINUX_REBOOT_MAGIC2", LibC.RebootMagic2),
            ("LINUX_REBOOT_CMD_KEXEC", LibC.RebootCommandKexec),
            ("LINUX_REBOOT_CMD_RESTART", LibC.RebootCommandRestart),
            ("LINUX_REBOOT_CMD_POWER_OFF", LibC.RebootCommandPowerOff),
            ("PROT_READ", LibC.ProtRead),
            ("PROT_WRITE", LibC.ProtWrite),
            ("MAP_PRIVATE", LibC.MapPrivate),
            ("MAP_SHARED", LibC.MapShared),
            ("MAP_FIXED", LibC.MapFixed),
            ("MAP_ANONYMOUS", LibC.MapAnonymous),
            ("MAP_NORESERVE", LibC.MapNoReserve),
            ("MADV_SEQUENTIAL", LibC.MadvSequential),
            ("MADV_HUGEPAGE", LibC.MadvHugePage),
            ("MADV_NOHUGEPAGE", LibC.MadvNoHugePage),
            ("MADV_DONTNEED", LibC.MadvDontNeed),
            ("(MAP_HUGETLB | 21 << MAP_HUGE_SHIFT)", LibC.MapHugeTlb),
            ("MLOCK_ONFAULT", LibC.MLockOnFault),
            ("MADV_RANDOM", LibC.MadvRandom),
            ("MADV_PAGEOUT", LibC.MadvPageOut),
            ("MADV_POPULATE_WRITE", LibC.MadvPopulateWrite),
            ("MADV_POPULATE_READ", LibC.MadvPopulateRead),
            ("AT_EMPTY_PATH", LibC.AtEmptyPath),
            ("STATX_INO", LibC.StatxInode),
            ("sizeof(struct statx)", FileIdentity.StatxSize),
            ("O_RDONLY", LibC.ORdOnly),
            ("O_WRONLY", LibC.OWrOnly),
            ("F_GETFD", LibC.FGetFd),
            ("AT_FDCWD", LibC.AtCurrentDirectory),
            ("AT_SYMLINK_NOFOLLOW", LibC.AtSymlinkNoFollow),
            ("STATX_TYPE", LibC.StatxType),
            ("offsetof(struct statx, stx_mode)", FileStatus.ModeOffset),
            ("PROC_SUPER_MAGIC", FileSource.Proc),
            ("offsetof(struct statx, stx_ino)", FileIdentity.InodeOffset),
            ("offsetof(struct statx, stx_dev_major)", FileIdentity.DeviceOffset),
            ("sizeof(struct statfs) <= 8 * 32", 1),
            ("offsetof(struct statfs, f_type)", 0),
            ("sizeof(((struct statfs *)0)->f_type)", sizeof(long)),
            ("TMPFS_MAGIC", PartsInPlace.Tmpfs),
            ("RAMFS_MAGIC", PartsInPlace.Ramfs),
            ("O_DIRECT", LibC.ODirect),
            ("F_GETFL", LibC.FGetFl),
            ("F_SETFL", LibC.FSetFl),
            ("SCHED_FIFO", LibC.SchedFifo),
            ("IORING_UNREGISTER_BUFFERS", LibC.IoUringUnregisterBuffers),
            ("POSIX_FADV_DONTNEED", LibC.FAdviseDontNeed),
            ("__NR_io_uring_setup", LibC.IoUringSetupNumber),
            ("__NR_io_uring_register", LibC.IoUringRegisterNumber),
            ("IORING_REGISTER_BUFFERS", LibC.IoUringRegisterBuffers),
            ("sizeof(struct io_uring_params)", LibC.IoUringParamsSize),
            ("sizeof(struct iovec)", Marshal.SizeOf<IoVec>()),
            ("__NR_userfaultfd", LibC.UserFaultNumber),
            ("O_CLOEXEC", LibC.OCloExec),
            ("O_NONBLOCK", LibC.ONonBlock),
            ("POLLIN", LibC.PollIn),
            ("sizeof(struct pollfd)", Marshal.SizeOf<PollEntry>()),
            ("UFFD_API", (long)LibC.UserFaultApi),
            ("UFFDIO_API", (long)LibC.UserFaultApiRequest),
            ("UFFDIO_REGISTER", (long)LibC.UserFaultRegisterRequest),
            ("UFFDIO_COPY", (long)LibC.UserFaultCopyRequest),
            ("UFFDIO_WAKE", (long)LibC.UserFaultWakeRequest),
            ("UFFDIO_REGISTER_MODE_MISSING", (long)LibC.UserFaultMissing),
            ("sizeof(struct uffd_msg)", 32),
            ("offsetof(struct uffd_msg, arg.pagefault.address)", 16),
            ("UFFD_EVENT_PAGEFAULT", 0x12),
            ("F_SETSIG", LibC.FSetSig),
            ("F_SETLEASE", LibC.FSetLease),
            ("F_GETLEASE", LibC.FGetLease),
            ("F_RDLCK", LibC.FRdLock),
            ("F_UNLCK", LibC.FUnlock),
            ("SIGURG", LibC.SigUrg),
            ("SIGTERM", LibC.SigTerm),
            ("SIGKILL", LibC.SigKill),
            ("MS_RDONLY", (long)LibC.MsRdOnly),
            ("MS_REMOUNT", (long)LibC.MsRemount),
            ("GRND_NONBLOCK", LibC.GrndNonBlock),
            ("SETUP_E820_EXT", (int)SetupDataType.E820Ext),
            ("SETUP_EFI", (int)SetupDataType.Efi),
            ("SETUP_RNG_SEED", (int)SetupDataType.RngSeed),
            ("offsetof(struct setup_data, next)", 0),
            ("offsetof(struct setup_data, type)", 8),
            ("offsetof(struct setup_data, len)", 12),
            ("offsetof(struct setup_data, data)", SetupData.HeaderSize),
            .. Enum.GetValues<Errno>().Where(e => e != Errno.Success).Select(e => (e.ToString(), (long)e)),
        ];
        StringBuilder code = new("#define _GNU_SOURCE\n#include <errno.h>\n");
        foreach (string header in Headers)
        {
            code.AppendLine($"#include <{header}>");
        }

        foreach ((string expression, long value) in claims)
        {
            code.AppendLine($"_Static_assert(({expression}) == {value}LL, \"{expression}\");");
        }

        using ForeignTool.TemporaryFolder folder = ForeignTool.Folder();
        ForeignTool.Run(
            "gcc", ["-x", "c", "-c", "-", "-o", folder.File("abi.o")], Encoding.ASCII.GetBytes(code.ToString()));
    }

    private static long OffsetOf(string field) => Marshal.OffsetOf<KexecSegment>(field);
}
