using Baton.Reports.Walks;

namespace Baton.Cli.Walks;

/// <summary>The commands of a walk, for people.</summary>
internal static class WalkHelp
{
    private static readonly string[] Text =
    [
        "step [N]        s   one instruction, or N",
        "over            o   one instruction, with what a call, an interrupt or a loop does",
        "goto ADDRESS    g   run until the next instruction is at ADDRESS",
        "mode            m   run until the mode, the levels of paging or the privilege change",
        "until TEXT      u   run until the text of the next instruction has TEXT in it",
        "entry           e   run to the kernel's first instruction",
        "back [N]        b   one instruction back, or N; restart: back to the start",
        "registers       r   the registers; * marks what has changed since the last stop",
        "list [ADDRESS]  l   code, around the next instruction or from ADDRESS",
        "gdt             d   segment registers and descriptor table, decoded",
        "walk ADDRESS    w   the way of ADDRESS through the page tables",
        "memory ADDRESS [BYTES]  x   memory as code sees it; -- is a byte that nobody has written",
        "physical ADDRESS [BYTES]  p   memory by physical address",
        "who ADDRESS         who wrote the byte at ADDRESS;  writes: the last writes",
        "modes               every change of mode so far",
        "find BYTES|\"TEXT\"  f   where 0f 22 d8 or \"text\" is in memory; without words: go on",
        "help            h   this;  more: the rest of a long answer;  quit: q",
        "An ADDRESS is hexadecimal (80000, 0x80000), a register (rsp, cr2), a segment (kernel),",
        "entry, or a sum of these (rsp+10). N and BYTES are decimal. # begins a comment. An empty",
        "line does the last step, run or way back again.",
    ];

    public static IReadOnlyList<PaneLine> Lines { get; } = [.. Text.Select(line => PaneLine.Of(line))];
}
