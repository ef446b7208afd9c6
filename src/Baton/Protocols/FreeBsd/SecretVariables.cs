namespace Baton.Protocols.FreeBsd;

/// <summary>
/// Variables that the kernel is given and nobody is shown: the passphrases of disks, the passwords of the loader. Reports
/// end up in tickets, and records in files.
/// </summary>
public static class SecretVariables
{
    private const string Mask = "********";

    /// <summary>Whether a variable's value is a secret, by the end of its name.</summary>
    public static bool IsSecret(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.EndsWith("passphrase", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("password", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A variable's value as people may see it.</summary>
    public static string Shown(string name, string value) => IsSecret(name) ? Mask : value;

    /// <summary>A line of settings as people may see it: what stands behind the name of a secret is left out.</summary>
    public static string ShownLine(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string name = line.Split('=', ':', ' ', '\t')[0];
        return IsSecret(name) ? $"{name}={Mask}" : line;
    }
}
