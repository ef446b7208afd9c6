namespace Baton.Lab;

/// <summary>The files of one run of a machine.</summary>
/// <param name="Directory">Where they are; removed when the machine has ended.</param>
/// <param name="Data">What the data port writes; null without one.</param>
internal sealed record MachineFiles(string Directory, FileStream? Data);
