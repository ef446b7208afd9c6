using System.Diagnostics;
using System.Text;
using Baton.Lab;

namespace Baton.Tests.Lab;

/// <summary>What a serial console is read for, whoever looks on.</summary>
public sealed class SerialConsoleTests
{
    /// <summary>A full disk behind <c>2&gt;log</c> is not the machine's end.</summary>
    [Fact]
    public void An_echo_that_fails_does_not_end_the_console()
    {
        string text = string.Concat(Enumerable.Repeat("a line\n", 1000)) + "it has booted\n";
        using MemoryStream source = new(Encoding.ASCII.GetBytes(text));
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        SerialConsole console = new(source, Stopwatch.StartNew(), full);
        Assert.Equal("it has booted", console.WaitFor("booted", TimeSpan.FromMinutes(1)).Text);
    }
}
