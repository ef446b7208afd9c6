#pragma warning disable
namespace Baton.Compression { public sealed class Codecs : Baton.Formats.ICodecs {} }
