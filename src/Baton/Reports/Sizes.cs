using System.Globalization;

namespace Baton.Reports;

/// <summary>Numbers as reports show them.</summary>
public static class Sizes
{
    /// <summary>A number of bytes in the largest binary unit that keeps at least one digit: <c>13.5 MiB</c>.</summary>
    public static string Of(ulong bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 || value == Math.Floor(value) ? "0" : "0.0";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
