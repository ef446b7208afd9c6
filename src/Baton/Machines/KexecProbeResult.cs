namespace Baton.Machines;

/// <summary>
/// What the two system calls answered to arguments that can never load anything: the kernel checks permission before
/// it looks at them.
/// </summary>
/// <param name="KexecLoadErrno">kexec_load(2) with 17 segments: EINVAL (22) where it is permitted.</param>
/// <param name="KexecFileLoadErrno">kexec_file_load(2) without files: EBADF (9) where it is permitted.</param>
public sealed record KexecProbeResult(int KexecLoadErrno, int KexecFileLoadErrno);
