namespace Baton.Machines;

/// <summary>The kernel that will hand over.</summary>
/// <param name="Release">As uname -r prints it; empty when not known.</param>
/// <param name="Version">The whole line of /proc/version; empty when not known.</param>
/// <param name="CommandLine">/proc/cmdline without the newline.</param>
public sealed record RunningKernel(string Release, string Version, string CommandLine);
