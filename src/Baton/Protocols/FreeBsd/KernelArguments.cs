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
    public static KernelArguments Parse(string words) => Parse(words, problem => throw problem);

    /// <summary>Reads the words, and passes over what is none, as FreeBSD's loader does.</summary>
    /// <param name="words">The words.</param>
    /// <param name="onProblem">Takes what is passed over, or throws it.</param>
    public static KernelArguments Parse(string words, Action<ImageFormatException> onProblem)
    {
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(onProblem);
        BootHowto howto = BootHowto.None;
        List<string> variables = [];
        foreach (string word in words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            ImageFormatException Wrong(string field, string expected) => new(
                ImageError.BadSyntax,
                new ImageLocation("kernel arguments", words.IndexOf(word, StringComparison.Ordinal), field),
                $"found \"{word}\", expected {expected}");
            if (word[0] == '=')
            {
                onProblem(Wrong("variable", "name=value"));
            }
            else if (word[0] != '-')
            {
                variables.Add(word);
            }
            else
            {
                int speed = word.IndexOf('S', StringComparison.Ordinal);
                howto |= BootFlags.Parse(speed < 0 ? word : word[..speed], onProblem);
                if (speed >= 0 && uint.TryParse(word[(speed + 1)..], out uint baud) && baud > 0)
                {
                    variables.Add($"{Speed}={baud}");
                }
                else if (speed >= 0)
                {
                    onProblem(Wrong("-S", "a speed in baud, as in -S115200"));
                }
            }
        }

        return new KernelArguments(howto, variables);
    }
}
