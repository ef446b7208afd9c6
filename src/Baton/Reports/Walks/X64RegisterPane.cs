using Baton.Proofs.Walks;
using Baton.Proofs.X64;

namespace Baton.Reports.Walks;

/// <summary>The registers of an x86 processor in 9 lines of at most 79 columns.</summary>
internal static class X64RegisterPane
{
    private static readonly X64Register[][] Rows =
    [
        [X64Register.Rax, X64Register.R8], [X64Register.Rbx, X64Register.R9], [X64Register.Rcx, X64Register.R10],
        [X64Register.Rdx, X64Register.R11], [X64Register.Rsi, X64Register.R12], [X64Register.Rdi, X64Register.R13],
        [X64Register.Rbp, X64Register.R14], [X64Register.Rsp, X64Register.R15],
    ];

    private static readonly (string Name, ulong Bit)[] Flags =
    [
        ("CF", X64Flags.CF), ("PF", X64Flags.PF), ("AF", X64Flags.AF), ("ZF", X64Flags.ZF), ("SF", X64Flags.SF),
        ("TF", X64Flags.TF), ("IF", X64Flags.IF), ("DF", X64Flags.DF), ("OF", X64Flags.OF), ("NT", X64Flags.NT),
        ("AC", X64Flags.AC), ("ID", X64Flags.ID),
    ];

    public static IReadOnlyList<PaneLine> Lines(WalkSession session, X64State state)
    {
        HashSet<string> changed = [.. session.Changes.Select(change => change.Name)];
        PanePiece Piece(string name, string text, int width) => new(
            $"{(changed.Contains(name) ? '*' : ' ')}{text}".PadRight(width),
            changed.Contains(name) ? PaneStyle.Bold : PaneStyle.Plain);
        PanePiece Wide(string name, ulong value) => Piece(name, $"{name,-3} {value:x16}", 22);
        PanePiece Small(string name, ulong value) => Piece(name, $"{name,-4} {value:x}", 22);

        PanePiece[] right =
        [
            Small("CR0", state.Cr0), Small("CR2", state.Cr2), Small("CR3", state.Cr3), Small("CR4", state.Cr4),
            Small("CR8", state.Cr8), Small("EFER", state.Efer),
            Piece("RIP", $"RIP  {state.Rip:x}", 22),
            Piece("RFLAGS", $"FLAGS {state.Rflags:x}", 22),
        ];
        List<PaneLine> lines =
        [
            .. Rows.Select((row, i) => new PaneLine(
                [Wide(Name(row[0]), state[row[0]]), Wide(Name(row[1]), state[row[1]]), right[i]])),
        ];
        X64SegmentRegister[] segments =
        [
            X64SegmentRegister.Cs, X64SegmentRegister.Ss, X64SegmentRegister.Ds, X64SegmentRegister.Es,
            X64SegmentRegister.Fs, X64SegmentRegister.Gs,
        ];
        string set = string.Join(' ', Flags.Where(flag => (state.Rflags & flag.Bit) != 0).Select(flag => flag.Name));
        lines.Add(new PaneLine(
        [
            .. segments.Select(segment => Piece(Name(segment), $"{Name(segment)} {state[segment].Selector:x4}", 9)),
            new PanePiece($"  {(set.Length == 0 ? "no flag set" : set)}"),
        ]));
        return lines;
    }

    private static string Name(Enum register) => register.ToString().ToUpperInvariant();
}
