using Baton.Gathers;
using Baton.Handoffs;
using Baton.Linux.Kexec;
using Baton.Machines;
using Baton.Trampolines;

namespace Baton.Linux.Gathers;

/// <summary>
/// Gives kexec_load(2) a relocator and a page list in place of the image, which stays in pinned pages of this process.
/// The process must live until the jump.
/// </summary>
/// <param name="machine">The running machine.</param>
/// <param name="image">The image in its pages.</param>
/// <param name="calls">The system calls.</param>
public sealed class GatherCarrier(Machine machine, HeldImage image, IKexecCalls calls)
{
    private IReadOnlyList<PageMove> _loaded = [];

    /// <summary>Makes the relocator and the list for the places where the pages are now.</summary>
    /// <exception cref="Memory.PlacementException">Relocator or list find no place.</exception>
    /// <exception cref="IOException">The kernel does not tell where pages are.</exception>
    public GatheredHandoff Plan(Handoff handoff) => PlanOn(machine, handoff, image.Moves());

    /// <summary>Makes them for any places of the pages.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="handoff">The handoff; on amd64.</param>
    /// <param name="held">Where each page of its segments lies and where it belongs.</param>
    /// <exception cref="Memory.PlacementException">Relocator or list find no place.</exception>
    public static GatheredHandoff PlanOn(Machine machine, Handoff handoff, IReadOnlyList<PageMove> held)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return GatherPlanner.Plan(new GatherRequest
        {
            Handoff = handoff,
            Held = held,
            Ram = machine.Usable,
            Paging = new PagingOptions(machine.Processor.GigabytePages),
        });
    }

    /// <summary>Loads in place of what was loaded before.</summary>
    /// <exception cref="SystemCallException">The kernel refused; what was loaded before still is.</exception>
    public void Load(GatheredHandoff gathered)
    {
        ArgumentNullException.ThrowIfNull(gathered);
        new KexecLoadCarrier(calls).Load(gathered.Entry, gathered.Segments);
        _loaded = gathered.Held;
    }

    /// <summary>Whether every page is still where the loaded list says; asked as late as can be.</summary>
    /// <exception cref="IOException">The kernel does not tell where pages are.</exception>
    /// <exception cref="Bytes.ImageFormatException">A file that is handed over from where it lies may have changed.</exception>
    public bool IsStillRight()
    {
        image.ThrowIfDisputed();
        IReadOnlyList<PageMove> now = image.Moves();
        if (now.Count != _loaded.Count)
        {
            return false;
        }

        for (int i = 0; i < now.Count; i++)
        {
            if (now[i] != _loaded[i])
            {
                return false;
            }
        }

        return true;
    }
}
