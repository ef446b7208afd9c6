using Iced.Intel;

namespace Baton.Proofs.X64;

/// <summary>The bytes of an instruction, one after the other as the decoder asks for them.</summary>
internal sealed class InstructionReader(X64Processor processor) : CodeReader
{
    private ulong _rip;
    private int _offset;
    private MemoryPage? _page;
    private ulong _low;
    private ulong _high;

    /// <summary>Bytes read since the start.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes 0 to 7 of what was read.</summary>
    public ulong BytesLow => _low;

    /// <summary>Bytes 8 to 14 of what was read.</summary>
    public ulong BytesHigh => _high;

    /// <summary>Starts anew.</summary>
    /// <param name="rip">The offset of the first byte in CS.</param>
    /// <param name="offset">Its offset in its page.</param>
    /// <param name="page">Its page.</param>
    public void Start(ulong rip, int offset, MemoryPage page)
    {
        (_rip, _offset, _page) = (rip, offset, page);
        (_low, _high, Length) = (0, 0, 0);
    }

    /// <summary>Whether memory still holds an instruction; starts anew afterwards.</summary>
    public bool Holds(DecodedInstruction known)
    {
        // Another instruction may be shorter, and nothing but a fault behind it.
        bool holds = true;
        for (int i = 0; holds && i < known.Length; i++)
        {
            ulong expected = i < 8 ? known.BytesLow >> (8 * i) : known.BytesHigh >> (8 * (i - 8));
            holds = ReadByte() == (int)(expected & 0xFF);
        }

        (_low, _high, Length) = (0, 0, 0);
        return holds;
    }

    public override int ReadByte()
    {
        if (Length == X64Processor.LongestInstruction)
        {
            throw processor.TooLong();
        }

        ulong at = unchecked(_rip + (ulong)Length);
        if (at > processor.CodeLimit)
        {
            throw processor.BeyondCodeLimit(at);
        }

        int offset = _offset + Length;
        byte value = offset < PhysicalMemory.PageSize
            ? (byte)processor.Memory.Read(_page!, offset, 1)
            : processor.ReadCodeBeyond(at);
        if (Length < 8)
        {
            _low |= (ulong)value << (8 * Length);
        }
        else
        {
            _high |= (ulong)value << (8 * (Length - 8));
        }

        Length++;
        return value;
    }
}
