namespace Baton.Packs;

/// <summary>The variables of a packed program: offsets in bytes from its frame, which lies on the stack.</summary>
internal static class PackFrame
{
    /// <summary>All of it, in bytes.</summary>
    public const int Size = 8192;

    /// <summary>Whether the program is PID 1: 0 or 1.</summary>
    public const int IsInit = 0;

    /// <summary>Whether it is to load and not to jump: 0 or 1.</summary>
    public const int LoadsOnly = 8;

    /// <summary>The file that a failure is written to.</summary>
    public const int ErrorFile = 16;

    /// <summary>The exit status of the failure that is being told.</summary>
    public const int Status = 24;

    /// <summary>The file that is read, and the unread bytes of the buffer: the next and the end.</summary>
    public const int File = 32;
    public const int Next = 40;
    public const int End = 48;

    /// <summary>The range that is being put together from neighbours: its start and end; an end of 0 means none.</summary>
    public const int RangeStart = 56;
    public const int RangeEnd = 64;

    /// <summary>The address of the recorded range that comes next.</summary>
    public const int Recorded = 72;

    /// <summary>The address of the words that tell of a failure to read the file.</summary>
    public const int Reading = 80;

    /// <summary>struct sysinfo, 112 bytes.</summary>
    public const int SysInfo = 128;
    public const int TotalRam = SysInfo + 32;
    public const int MemoryUnit = SysInfo + 104;

    /// <summary>struct timespec.</summary>
    public const int Time = 256;

    /// <summary>For each place the end of the last range that is in its way, or 0.</summary>
    public const int InTheWay = Time + 16;

    /// <summary>The last range that is in the way of any place: its start and end.</summary>
    public const int BlockStart = InTheWay + (PackTask.MaxPlaces * 8);
    public const int BlockEnd = BlockStart + 8;

    /// <summary>How many of the boot's values have been found.</summary>
    public const int Found = BlockEnd + 8;

    /// <summary>The line that a failure is told in: at most 1000 bytes.</summary>
    public const int Line = 512;

    /// <summary>What has been read from the file.</summary>
    public const int Buffer = 4096;
    public const int BufferSize = Size - Buffer;
}
