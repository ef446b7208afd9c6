namespace Baton.Machines;

/// <summary>Whether one of the kexec system calls can be used, and if not, why.</summary>
/// <param name="Allowed">True, false, or null when nothing tells (a record without the file that would).</param>
/// <param name="Reasons">Why not, one sentence each, with what to do about it; or what speaks for it.</param>
public sealed record KexecCall(bool? Allowed, IReadOnlyList<string> Reasons);

/// <summary>What kexec the running kernel allows.</summary>
/// <param name="KexecLoad">kexec_load(2).</param>
/// <param name="KexecFileLoad">kexec_file_load(2).</param>
/// <param name="Loaded">Whether a kernel is loaded now; null when the kernel does not say.</param>
/// <param name="CrashLoaded">Whether a crash kernel is loaded now; null when the kernel does not say.</param>
public sealed record KexecAbility(KexecCall KexecLoad, KexecCall KexecFileLoad, bool? Loaded, bool? CrashLoaded);
