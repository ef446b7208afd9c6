namespace Baton.Proofs.Devices;

/// <summary>Address line 20, as the devices that switch it see it.</summary>
public sealed class A20Gate
{
    /// <summary>Told when the gate opens or closes: the processor's place to listen.</summary>
    public Action<bool>? Changed { get; set; }

    /// <summary>Whether addresses above 1 MiB are what they say.</summary>
    public bool IsOpen
    {
        get;
        set
        {
            if (field != value)
            {
                field = value;
                Changed?.Invoke(value);
            }
        }
    } = true;
}
