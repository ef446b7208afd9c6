namespace Baton.Machines;

/// <summary>The system call that takes a handoff over.</summary>
public enum Carrier
{
    /// <summary>kexec_load(2): the segments as they were planned.</summary>
    KexecLoad,

    /// <summary>kexec_file_load(2): the files; the running kernel plans by itself.</summary>
    KexecFileLoad,

    /// <summary>kexec_load(2) of a relocator alone: the image stays in pages of this process until the jump.</summary>
    Gather,

    /// <summary>The program that <c>baton pack</c> makes: kexec_load(2) at another time, on the machine itself.</summary>
    Pack,
}

/// <summary>Which carrier, why, and what stands in its way.</summary>
/// <param name="Carrier">The carrier.</param>
/// <param name="Reason">Why this one; for people.</param>
/// <param name="Obstacles">Why it cannot be used on this machine; empty when it can, as far as is known.</param>
public sealed record CarrierDecision(Carrier Carrier, string Reason, IReadOnlyList<string> Obstacles);

/// <summary>Chooses a carrier by what the machine allows and by what each can honour, not by trial.</summary>
public static class CarrierChoice
{
    /// <summary>The name of a carrier as options and reports write it.</summary>
    public static string NameOf(Carrier carrier) => carrier switch
    {
        Carrier.KexecLoad => "kexec-load",
        Carrier.KexecFileLoad => "kexec-file-load",
        Carrier.Gather => "gather",
        _ => "pack",
    };

    /// <summary>Decides.</summary>
    /// <param name="ability">What the machine allows.</param>
    /// <param name="asked">The carrier that the user demands; null for the best.</param>
    /// <param name="beyondFileLoad">
    /// What was asked for that kexec_file_load(2) cannot honour, e.g. <c>--place</c>; empty when it can do all.
    /// </param>
    /// <param name="encryption">What encrypts the machine's memory; null for nothing.</param>
    public static CarrierDecision Decide(
        KexecAbility ability, Carrier? asked, IReadOnlyList<string> beyondFileLoad, MemoryEncryption? encryption)
    {
        ArgumentNullException.ThrowIfNull(ability);
        ArgumentNullException.ThrowIfNull(beyondFileLoad);
        IReadOnlyList<string> loadObstacles = ability.KexecLoad.Allowed == false ? ability.KexecLoad.Reasons : [];
        string? wrongCrossing = EncryptedCrossing.Check(encryption, Carrier.KexecLoad)?.Text;
        IReadOnlyList<string> fileObstacles =
        [
            .. beyondFileLoad.Select(what => $"kexec_file_load cannot honour {what}"),
            .. ability.KexecFileLoad.Allowed == false ? ability.KexecFileLoad.Reasons : [],
        ];
        switch (asked)
        {
            case Carrier.KexecLoad:
                return new CarrierDecision(Carrier.KexecLoad, "as demanded", loadObstacles);
            case Carrier.KexecFileLoad:
                return new CarrierDecision(Carrier.KexecFileLoad, "as demanded", fileObstacles);
            case Carrier.Gather:
                return new CarrierDecision(Carrier.Gather, "as demanded: one copy in memory", loadObstacles);
            case Carrier.Pack:
                return new CarrierDecision(
                    Carrier.Pack, "a program carries the handoff out later; it checks the machine's memory first", []);
            case null when loadObstacles.Count == 0 && wrongCrossing is null:
                return new CarrierDecision(
                    Carrier.KexecLoad, "the handoff is carried out exactly as planned", loadObstacles);
            case null when fileObstacles.Count == 0:
                return new CarrierDecision(
                    Carrier.KexecFileLoad,
                    wrongCrossing is null
                        ? $"kexec_load is not possible: {loadObstacles[0]}"
                        : $"kexec_load would not be right: memory is encrypted by {encryption}",
                    fileObstacles);
            case null when loadObstacles.Count == 0:
                return new CarrierDecision(Carrier.KexecLoad, "kexec_file_load is not possible", fileObstacles);
            default:
                return new CarrierDecision(
                    Carrier.KexecLoad, "neither call is possible", [.. loadObstacles, .. fileObstacles]);
        }
    }
}
