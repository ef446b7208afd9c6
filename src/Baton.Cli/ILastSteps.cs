namespace Baton.Cli;

/// <summary>What is left to be done by the process that jumps, beside the jump itself.</summary>
internal interface ILastSteps
{
    /// <summary>Asks, before any process is ended, what would stand in the way later.</summary>
    void Rehearse();

    /// <summary>Loads what is not loaded yet, as late as can be.</summary>
    void Load();

    /// <summary>Looks for the last time whether all is still right; from here on nobody ends this process.</summary>
    void Look();

    /// <summary>Does what is left to be done when there is no jump.</summary>
    /// <returns>What has to be said of what was loaded; null for nothing.</returns>
    string? Abandon();
}
