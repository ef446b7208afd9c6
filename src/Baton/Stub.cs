#pragma warning disable
using Baton.Bytes; using Baton.Handoffs; using Baton.Memory;
namespace Baton.Formats.Initramfs { public sealed record InitrdSet(SegmentContent Content, ulong? UnpackedSizeEstimate, IReadOnlyList<Finding> Findings) { public static InitrdSet Open(IReadOnlyList<IByteSource> s){ long o=0; var p=new List<ContentPart>(); foreach(var x in s){p.Add(new(o,x,0,x.Length)); o=(o+x.Length+4095)/4096*4096;} return new(new(p),null,[]);} } }
namespace Baton.Formats { using Baton.Formats.BzImage; public sealed record KernelImage(object Details, string Format, string? Version); public static class KernelImages { public static KernelImage Open(IByteSource s, object? c) { var b = BzImageFile.Open(s); return new(b,"bzImage",b.Version);} } }
