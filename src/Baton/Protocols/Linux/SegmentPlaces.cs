using Baton.Bytes;
using Baton.Handoffs;
using Baton.Memory;

namespace Baton.Protocols.Linux;

/// <summary>The segments of a plan in the making: each lies where the user demands it, or where memory is free.</summary>
/// <param name="kernel">The kernel's name, for errors.</param>
/// <param name="usable">The memory that segments may lie in.</param>
/// <param name="demanded">Places that the user demands, by segment name.</param>
/// <param name="page">Bytes of a page: segments are whole ones.</param>
internal sealed class SegmentPlaces(
    string kernel, RangeSet usable, IReadOnlyDictionary<string, PhysicalAddress> demanded, ulong page)
{
    private readonly PhysicalAllocator _allocator = new(usable.ShrinkTo(page));
    private readonly List<Segment> _segments = [];

    /// <summary>What has been added, by destination.</summary>
    public IReadOnlyList<Segment> Segments => [.. _segments.OrderBy(segment => segment.Destination)];

    /// <summary>Where the user demands a segment; null where not.</summary>
    public PhysicalAddress? Demanded(string name) =>
        demanded.TryGetValue(name, out PhysicalAddress place) ? place : null;

    /// <summary>Takes the place that is demanded.</summary>
    /// <param name="name">The segment.</param>
    /// <param name="start">Its first byte.</param>
    /// <param name="length">Bytes, whole pages.</param>
    /// <param name="limit">No byte may lie at or above this; null for no limit.</param>
    /// <exception cref="ImageFormatException">It is no place for a segment.</exception>
    /// <exception cref="PlacementException">Not all of it is free.</exception>
    public PhysicalRange TakeDemanded(string name, PhysicalAddress start, ulong length, PhysicalAddress? limit = null)
    {
        if (!start.IsAligned(page) || !PhysicalRange.Fits(start, length))
        {
            throw Refuse(ImageError.OutOfRange, name, $"{start} is no {page >> 10} KiB page of physical memory");
        }

        PhysicalRange place = new(start, length);
        if (place.End > limit)
        {
            throw Refuse(ImageError.OutOfRange, name, $"{place} reaches above {limit}, which it must not");
        }

        return TryTake(place)
            ? place
            : throw new PlacementException(
                new PlacementRequest { Name = name, Length = length, Min = start, Max = place.End }, _allocator.Free);
    }

    /// <summary>Takes a place: the one that is demanded, or else one that is free.</summary>
    /// <param name="request">What the segment needs; of a place that is demanded, only its end counts.</param>
    /// <exception cref="ImageFormatException">What is demanded is no place for a segment.</exception>
    /// <exception cref="PlacementException">There is none.</exception>
    public PhysicalRange Take(PlacementRequest request) => Demanded(request.Name) is { } start
        ? TakeDemanded(request.Name, start, request.Length, request.Max)
        : Allocate(request);

    /// <summary>Takes exactly this range, if all of it is free.</summary>
    public bool TryTake(PhysicalRange place) => _allocator.TryTake(place);

    /// <summary>Takes a place that is free, whatever the user demands.</summary>
    /// <exception cref="PlacementException">There is none.</exception>
    public PhysicalRange Allocate(PlacementRequest request) => _allocator.Allocate(request);

    /// <summary>The memory that is still free, in the words of an error about a place that is not.</summary>
    public PlacementException NoPlace(PlacementRequest request) => new(request, _allocator.Free);

    /// <summary>Adds a segment at a place that has been taken.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="place">Whole pages.</param>
    /// <param name="content">Its bytes, not more than the place has.</param>
    /// <param name="reason">Why it lies there, or what it is, for people.</param>
    public void Add(string name, PhysicalRange place, SegmentContent content, string reason) =>
        _segments.Add(new Segment(name, place, content) { Reason = reason });

    /// <summary>The next multiple of a page.</summary>
    public ulong RoundUp(ulong length) => (length + page - 1) & ~(page - 1);

    /// <summary>An error about the kernel or what was demanded of it.</summary>
    public ImageFormatException Refuse(ImageError error, string field, string problem) =>
        new(error, new ImageLocation(kernel, 0, field), problem);
}
