namespace Baton.Formats.Cpio;

/// <summary>The type bits of <c>c_mode</c>, those of stat(2). They are a number, not flags.</summary>
public static class CpioMode
{
    public const uint TypeMask = 0xf000;
    public const uint Fifo = 0x1000;
    public const uint CharacterDevice = 0x2000;
    public const uint Directory = 0x4000;
    public const uint BlockDevice = 0x6000;
    public const uint File = 0x8000;
    public const uint Symlink = 0xa000;
    public const uint Socket = 0xc000;

    /// <summary>The permission bits, set-user-ID and the like included.</summary>
    public const uint PermissionMask = 0xfff;
}
