namespace Baton.Linux.Kexec;

/// <summary>A segment's content as one run of this process's address space, from which the kernel reads.</summary>
internal interface IUserBuffer : IDisposable
{
    /// <summary>The content's first byte.</summary>
    nint Address { get; }

    /// <summary>The content's length in bytes.</summary>
    nuint Length { get; }

    /// <summary>Why the kernel was given less than the content; null when it was not.</summary>
    Exception? Failure { get; }
}
