namespace Baton.Differential;

/// <summary>Puts what an instruction reads and writes into memory that the case may touch.</summary>
internal static class OperandPlacement
{
    private const int Margin = 0x80;
    private const int StringMargin = 0x400;

    /// <summary>A place: linear and physical.</summary>
    public readonly record struct Place(ulong Linear, long Physical, ulong Offset);

    /// <summary>A place that a segment reaches with addresses of so many bits; null when there is none.</summary>
    public static Place? Choose(Draft draft, int segment, int bits, bool mustBeInside, bool isString = false)
    {
        SplitMix64 random = draft.Random;
        ExecutionMode mode = draft.Mode;
        ulong segmentBase = draft.BaseOf(segment);
        List<Window> windows = [.. mode.Windows, mode.Stack];
        if (segment == 0 && mode.Bits == 16)
        {
            windows.Add(new Window((ulong)GuestLayout.CodePage, GuestLayout.CodePage, 0x180));
        }

        ulong limit = mode.Bits == 16 ? 0xFFFF : bits switch
        {
            16 => 0xFFFF,
            32 => 0xFFFFFFFF,
            _ => ulong.MaxValue,
        };
        for (int attempt = 0; attempt < 12; attempt++)
        {
            Window window = random.Pick(windows);
            int at = Within(random, window.Length, mustBeInside || !mode.IsPaged, isString);
            if (at < 0)
            {
                continue;
            }

            ulong linear = window.Linear + (ulong)at;
            ulong offset = unchecked(linear - segmentBase);
            if (!mode.Is64)
            {
                offset &= 0xFFFFFFFF;
            }

            if (offset <= limit)
            {
                return new Place(linear, window.Physical + at, offset);
            }
        }

        return null;
    }

    /// <summary>Puts the ModRM operand somewhere.</summary>
    /// <returns>False when this draft cannot be used.</returns>
    public static bool PlaceModRm(Draft draft, ulong nextRip)
    {
        Addressing memory = draft.Memory!;
        int segment = draft.SegmentOverride ?? memory.DefaultSegment;
        if (draft.Mode.Is64 && segment < 4)
        {
            segment = 2;
        }

        bool needsPatch = draft.Template.Is("farpointer") || draft.Template.Is("farm") || draft.Template.Is("indirect")
            || draft.Template.Is("selector") || draft.Template.Is("equal");
        for (int attempt = 0; attempt < 6; attempt++)
        {
            bool isBitOffset = draft.Template.Is("bt") || needsPatch;
            if (Choose(draft, segment, draft.AddressSize, isBitOffset) is { } place && memory.Solve(draft, place.Offset, nextRip))
            {
                draft.OperandAddress = place.Physical;
                return true;
            }
        }

        // Without paging a wrong address would reach memory that no case may touch.
        return draft.Mode.IsPaged && draft.Mode.Bits != 16 && !needsPatch && draft.Random.Percent(30)
            && IsHarmless(draft, segment, memory.Offset(draft, nextRip));
    }

    /// <summary>Whether an access there faults, or reaches what is known.</summary>
    public static bool IsHarmless(Draft draft, int segment, ulong offset)
    {
        ulong linear = unchecked(draft.BaseOf(segment) + offset);
        if (!draft.Mode.Is64)
        {
            linear &= 0xFFFFFFFF;
        }

        const ulong Reach = 0x10000;
        return unchecked(linear + Reach) < GuestLayout.GuestStart || linear >= GuestLayout.GuestEnd + Reach;
    }

    private static int Within(SplitMix64 random, int length, bool mustBeInside, bool isString)
    {
        int margin = isString ? StringMargin : Margin;
        if (length <= 2 * margin + 16)
        {
            return -1;
        }

        int at = mustBeInside || random.Percent(70) ? margin + random.Below(length - (2 * margin) - 16)
            : random.Percent(50) ? length - 1 - random.Below(24)
            : random.Below(length);
        return random.Percent(50) ? at & ~15 : at;
    }
}
