using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>The commands of a walk, for people.</summary>
internal static class WalkHelp
{
    private static readonly string[] Text =
    [
        "step [N]        s   one instruction, or N",
        "over            o   one instruction, with what a call, interrupt or loop does",
        "goto ADDRESS    g   run until the next instruction is at ADDRESS",
        "mode            m   run until the mode changes;  modes: every change so far",
        "until TEXT      u   run until the text of the next instruction has TEXT in it",
        "entry           e   run to the kernel's first instruction",
        "back [N]        b   one instruction back, or N;  restart: back to the start",
        "registers       r   the registers; * marks what has changed since the last stop",
        "list [ADDRESS]  l   code, around the next instruction or from ADDRESS",
        "gdt             d   segment registers and descriptor table, decoded (amd64)",
        "system          y   the level's system registers, decoded (arm64)",
        "caches [ADDRESS]  c  lines that the caches hold otherwise than memory (arm64)",
        "walk ADDRESS    w   the way of ADDRESS through the page tables",
        "memory ADDRESS [BYTES]  x   memory as code sees it; -- was never written",
        "physical ADDRESS [BYTES]  p   memory by physical address",
        "who ADDRESS         who wrote the byte at ADDRESS;  writes: the last writes",
        "find BYTES|\"TEXT\"  f   where 0f 22 d8 or \"text\" is in memory; alone: go on",
        "help            h   this;  more: the rest of a long answer;  quit: q",
        "ADDRESS: hexadecimal, a register (rsp, x0), a segment (kernel), entry, or a sum",
        "(rsp+10). N and BYTES: decimal. #: a comment. Empty line: the last move again.",
    ];

    public static IReadOnlyList<PaneLine> Lines { get; } = [.. Text.Select(line => PaneLine.Of(line))];
}
