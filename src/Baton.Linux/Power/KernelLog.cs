using System.Text;

namespace Baton.Linux.Power;

/// <summary>
/// A writer of lines for the time when nobody is connected any more: they go to the kernel's log as well, and with it to the
/// console and to what outlives a restart (pstore). What cannot be written there is lost.
/// </summary>
/// <param name="inner">Where they go besides.</param>
/// <param name="path">The log's device (Documentation/ABI/testing/dev-kmsg).</param>
public sealed class KernelLog(TextWriter inner, string path = "/dev/kmsg") : TextWriter
{
    /// <summary>KERN_WARNING: shown by consoles that are not told to be quiet.</summary>
    private const string Level = "<4>";

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(value);

    public override void WriteLine(string? value)
    {
        inner.WriteLine(value);
        try
        {
            // One write(2) is one record.
            using FileStream log = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            log.Write(Encoding.UTF8.GetBytes($"{Level}{value}\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // There is nobody to tell.
        }
    }

    public override void Flush() => inner.Flush();
}
