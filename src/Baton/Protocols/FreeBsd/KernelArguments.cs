using Baton.Bytes;

namespace Baton.Protocols.FreeBsd;

/// <summary>
/// The words behind a kernel's name in the command <c>boot</c> of FreeBSD's loader (boot(8)): flags, and variables as
/// <c>name=value</c> or as a name alone, which gets the value 1. Words end at white space; there are no quotes.
/// </summary>
/// <param name="Howto">The flags.</param>
/// <param name="Variables">The variables, in order.</param>
public sealed record KernelArguments(BootHowto Howto, IReadOnlyList<string> Variables)
{
    /// <summary>The variable with the serial console's speed, which <c>-S115200</c> sets.</summary>
    private const string Speed = "comconsole_speed";

    /// <summary>Reads the words.</summary>
    /// <exception cref="ImageFormatException"><see cref="ImageError.BadSyntax"/>: a flag that no kernel knows.</exception>
    public static KernelArguments Parse(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        BootHowto howto = BootHowto.None;
        List<string> variables = [];
        foreach (string word in words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] != '-')
            {
                variables.Add(word);
                continue;
            }

            int speed = word.IndexOf('S', StringComparison.Ordinal);
            howto |= BootFlags.Parse(speed < 0 ? word : word[..speed]);
            if (speed >= 0)
            {
                string rate = word[(speed + 1)..];
                variables.Add(uint.TryParse(rate, out uint baud) && baud > 0
                    ? $"{Speed}={baud}"
                    : throw new ImageFormatException(
                        ImageError.BadSyntax,
                        new ImageLocation("kernel arguments", words.IndexOf(word, StringComparison.Ordinal), "-S"),
                        $"found \"{word}\", expected a speed in baud, as in -S115200"));
            }
        }

        return new KernelArguments(howto, variables);
    }
}
