namespace Baton.Cli;

/// <summary>Exit statuses, with the numbers of sysexits(3).</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The answer is no: nothing is loaded, the proof does not hold, the rehearsal failed.</summary>
    public const int No = 1;

    public const int Usage = 64;
    public const int DataError = 65;
    public const int NoInput = 66;
    public const int Unavailable = 69;
    public const int Software = 70;
    public const int OsError = 71;
    public const int CannotCreate = 73;
    public const int IoError = 74;
    public const int NoPermission = 77;
}
