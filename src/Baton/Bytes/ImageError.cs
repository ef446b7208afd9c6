namespace Baton.Bytes;

/// <summary>What is wrong with an image. The numbers are append-only: scripts and tests compare them.</summary>
public enum ImageError
{
    /// <summary>The image ends before the field that was to be read.</summary>
    Truncated = 1,

    /// <summary>A magic number is not the format's.</summary>
    BadMagic = 2,

    /// <summary>The format is right, its version is not one that is read here.</summary>
    UnsupportedVersion = 3,

    /// <summary>A value lies outside what the specification allows.</summary>
    OutOfRange = 4,

    /// <summary>Two values of the image contradict each other.</summary>
    Inconsistent = 5,

    /// <summary>A checksum or digest does not match the bytes.</summary>
    BadChecksum = 6,

    /// <summary>The image is for another architecture.</summary>
    WrongArchitecture = 7,

    /// <summary>None of the known formats.</summary>
    UnknownFormat = 8,

    /// <summary>Compressed data that its codec refuses, or a codec that is not there.</summary>
    BadCompression = 9,

    /// <summary>A line of text that does not follow its grammar.</summary>
    BadSyntax = 10,

    /// <summary>The bytes changed while they were being read.</summary>
    Changed = 11,

    /// <summary>A file that is needed is not there.</summary>
    Missing = 12,
}
