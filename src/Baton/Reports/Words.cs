using Baton.Handoffs;

namespace Baton.Reports;

/// <summary>Names of things as reports and JSON spell them.</summary>
public static class Words
{
    /// <summary>An architecture: <c>amd64</c>, <c>i386</c>, <c>arm64</c>.</summary>
    public static string Of(Architecture architecture) => architecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.X86 => "i386",
        Architecture.Arm64 => "arm64",
        _ => architecture.ToString(),
    };
}
