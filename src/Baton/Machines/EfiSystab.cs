using Baton.Bytes;
using Baton.Memory;

namespace Baton.Machines;

/// <summary>/sys/firmware/efi/systab: the addresses of the firmware's tables, one <c>NAME=0x…</c> a line.</summary>
/// <param name="Acpi20">The RSDP of ACPI 2.0 and later; null when not listed.</param>
/// <param name="Acpi">The RSDP of ACPI 1.0; null when not listed.</param>
/// <param name="Smbios">The SMBIOS entry point: the 32-bit one, else the 64-bit one; null when not listed.</param>
public sealed record EfiSystab(PhysicalAddress? Acpi20, PhysicalAddress? Acpi, PhysicalAddress? Smbios)
{
    /// <summary>How the source of an address from here begins; the line's name follows.</summary>
    public const string Source = "EFI systab ";

    /// <summary>No tables: the file is absent or may not be read.</summary>
    public static EfiSystab Empty { get; } = new(null, null, null);

    /// <summary>Reads the file's text; names that are not known are passed over.</summary>
    /// <exception cref="ImageFormatException">A line is not <c>NAME=number</c>, or a table lies beyond 52 bits.</exception>
    public static EfiSystab Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        Dictionary<string, (TextLine Line, ulong Value)> tables = new(StringComparer.Ordinal);
        foreach (TextLine line in new TextFile(name, bytes).Lines())
        {
            int equals = line.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw line.Fault(
                    ImageError.BadSyntax, "line", $"found {TextLine.Show(line.Text)}, expected \"NAME=0x…\"");
            }

            string table = line.Text[..equals];
            ulong value = line.Number(line.Text[(equals + 1)..].Trim(), table);
            if (value != 0)
            {
                tables[table] = (line, value);
            }
        }

        return new EfiSystab(Find("ACPI20"), Find("ACPI"), Find("SMBIOS") ?? Find("SMBIOS3"));

        PhysicalAddress? Find(string table) =>
            tables.TryGetValue(table, out (TextLine Line, ulong Value) at) ? at.Line.CheckedAddress(at.Value, table) : null;
    }
}
