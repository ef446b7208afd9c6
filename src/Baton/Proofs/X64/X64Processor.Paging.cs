using Baton.Memory;

namespace Baton.Proofs.X64;

/// <content>Page walks with 2, 3, 4 and 5 levels (Intel SDM volume 3, chapter 4).</content>
public sealed partial class X64Processor
{
    private readonly ulong _physicalMask;
    private readonly List<PageWalkStep> _walkSteps = [];

    /// <summary>Where the last walk led.</summary>
    private ulong _walkPhysical;
    private ulong _walkPageSize;
    private uint _walkError;

    private bool IsPaging => (_cr0 & X64Cr0.PG) != 0;

    /// <summary>Whether address line 20 is on; off, addresses wrap at odd megabytes as on a PC after reset.</summary>
    public bool A20
    {
        get;
        set
        {
            field = value;
            ForgetTranslations();
        }
    } = true;

    private ulong A20Mask => A20 ? ulong.MaxValue : ~(1UL << 20);

    /// <summary>Follows the page tables, without a trace in them or in the processor.</summary>
    /// <param name="linear">A linear address.</param>
    /// <param name="access">What for.</param>
    public PageWalk Translate(ulong linear, PageAccess access = PageAccess.Read)
    {
        if (!IsCanonical(linear))
        {
            return new PageWalk { Linear = linear, Steps = [], Failure = $"0x{linear:x} is not canonical" };
        }

        try
        {
            return Walk(linear, access, isReal: false) is { } failure
                ? FailedWalk(linear, failure)
                : new PageWalk
                {
                    Linear = linear,
                    Steps = [.. _walkSteps],
                    Physical = new PhysicalAddress(_walkPhysical),
                    PageSize = _walkPageSize,
                };
        }
        catch (MemoryFaultException refusal)
        {
            return new PageWalk { Linear = linear, Steps = [.. _walkSteps], Failure = refusal.Message };
        }
    }

    private bool IsCanonical(ulong linear)
    {
        if (!IsLongMode)
        {
            return true;
        }

        int unused = (_cr4 & X64Cr4.LA57) != 0 ? 64 - 57 : 64 - 48;
        return unchecked((ulong)((long)(linear << unused) >> unused)) == linear;
    }

    private MemoryPage TranslateToPage(ulong linear, PageAccess access)
    {
        if (!IsPaging)
        {
            return Memory.Page((linear & A20Mask) >> PageShift);
        }

        if (access == PageAccess.Execute && _privilege == 3)
        {
            access |= PageAccess.User;
        }

        return Walk(linear, access, isReal: true) is { } failure
            ? throw PageFault(FailedWalk(linear, failure))
            : Memory.Page(_walkPhysical >> PageShift);
    }

    private PageWalk FailedWalk(ulong linear, string failure) =>
        new() { Linear = linear, Steps = [.. _walkSteps], Failure = failure, ErrorCode = _walkError };

    /// <summary>Follows the tables; null when they lead to <see cref="_walkPhysical"/>, else why they do not.</summary>
    private string? Walk(ulong linear, PageAccess access, bool isReal)
    {
        _walkSteps.Clear();
        if (!IsPaging)
        {
            (_walkPhysical, _walkPageSize) = (linear & A20Mask, 0);
            return null;
        }

        Walker walker = new(this, linear, access, isReal);
        return (_cr4 & X64Cr4.PAE) == 0 ? walker.Walk32() : IsLongMode ? walker.WalkLong() : walker.WalkPae();
    }

    private bool IsLongMode => (_efer & X64Efer.LMA) != 0;

    /// <summary>Remembers that a page holds tables, so that a write to it is noticed.</summary>
    private void AddTable(MemoryPage page)
    {
        if (!_tables.Add(page))
        {
            return;
        }

        for (int i = 0; i < _translations.Length; i++)
        {
            if (_translations[i].Page == page)
            {
                _translations[i].WriteTag = 0;
            }
        }
    }
}
