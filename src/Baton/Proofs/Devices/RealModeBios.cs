using System.Text;
using Baton.Memory;
using Baton.Proofs.X64;

namespace Baton.Proofs.Devices;

/// <summary>A range of memory as int 15h, AX=E820h reports it.</summary>
/// <param name="Range">The memory.</param>
/// <param name="Type">1 for memory, 2 for reserved, as the firmware's own numbers.</param>
public readonly record struct BiosMemoryRange(PhysicalRange Range, uint Type);

/// <summary>
/// The services of a PC's firmware that a kernel's 16-bit setup code asks for: the memory map, address line 20, text
/// on the screen, no key pressed, no disk. What it does not offer fails as a BIOS lets it: carry set, AH = 86h.
/// </summary>
/// <param name="map">What int 15h reports.</param>
/// <param name="gate">Address line 20, if something follows it.</param>
public sealed class RealModeBios(IReadOnlyList<BiosMemoryRange> map, A20Gate? gate = null) : IInterruptHandler
{
    private const uint Smap = 0x534D_4150;
    private const ulong OneMiB = 1 << 20;
    private const ulong SixteenMiB = 16 << 20;
    private const byte Unsupported = 0x86;

    private readonly StringBuilder _screen = new();
    private readonly List<string> _refused = [];

    /// <summary>What int 10h, AH=0Eh has written.</summary>
    public string Screen => _screen.ToString();

    /// <summary>Services that were asked for and that there are not: vector and AX.</summary>
    public IReadOnlyList<string> Refused => _refused;

    /// <inheritdoc/>
    public bool Handle(X64Processor cpu, byte vector)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        switch (vector)
        {
            case 0x10:
                Video(cpu);
                return true;
            case 0x11:
                SetAx(cpu, 0x0021);
                return true;
            case 0x12:
                SetAx(cpu, 639);
                return true;
            case 0x13:
                // No drive at all.
                Fail(cpu, 0x01);
                return true;
            case 0x15:
                System(cpu);
                return true;
            case 0x16:
                Keyboard(cpu);
                return true;
            case 0x1A:
                Refuse(cpu, vector);
                return true;
            default:
                return false;
        }
    }

    private void Video(X64Processor cpu)
    {
        switch (High(cpu))
        {
            case 0x00 or 0x01 or 0x02 or 0x05 or 0x06 or 0x09 or 0x0B or 0x11:
                break;
            case 0x03:
                Set(cpu, X64Register.Rcx, 2, 0x0607);
                Set(cpu, X64Register.Rdx, 2, 0);
                break;
            case 0x0E:
                _screen.Append((char)(cpu[X64Register.Rax] & 0xFF));
                break;
            case 0x0F:
                SetAx(cpu, 0x5003);
                Set(cpu, X64Register.Rbx, 2, cpu[X64Register.Rbx] & 0xFF);
                break;
            case 0x12 when (cpu[X64Register.Rbx] & 0xFF) == 0x10:
                // A colour adapter with 256 KiB: BH 0, BL 3.
                Set(cpu, X64Register.Rbx, 2, 0x0003);
                break;
            case 0x1A:
                // A VGA with a colour screen.
                Set(cpu, X64Register.Rax, 1, 0x1A);
                Set(cpu, X64Register.Rbx, 2, 0x0008);
                break;
            default:
                Refuse(cpu, 0x10, failsByCarry: false);
                break;
        }
    }

    private void System(X64Processor cpu)
    {
        switch (cpu[X64Register.Rax] & 0xFFFF)
        {
            case 0xE820:
                MemoryMap(cpu);
                break;
            case 0xE801:
                ulong above = MemoryAbove(OneMiB);
                ulong low = Math.Min(above, SixteenMiB - OneMiB) / 1024;
                ulong high = Math.Min(MemoryAbove(SixteenMiB) / 0x10000, 0xFFFF);
                SetAx(cpu, low);
                Set(cpu, X64Register.Rbx, 2, high);
                Set(cpu, X64Register.Rcx, 2, low);
                Set(cpu, X64Register.Rdx, 2, high);
                Succeed(cpu);
                break;
            case 0x2400 or 0x2401:
                if (gate is not null)
                {
                    gate.IsOpen = (cpu[X64Register.Rax] & 1) != 0;
                }

                Set(cpu, X64Register.Rax, 2, cpu[X64Register.Rax] & 0xFF);
                Succeed(cpu);
                break;
            case 0x2402:
                SetAx(cpu, gate is null || gate.IsOpen ? 1UL : 0);
                Succeed(cpu);
                break;
            case var ax when ax >> 8 == 0x88:
                SetAx(cpu, Math.Min(MemoryAbove(OneMiB) / 1024, 0xFFFF));
                Succeed(cpu);
                break;
            default:
                Refuse(cpu, 0x15);
                break;
        }
    }

    private void MemoryMap(X64Processor cpu)
    {
        ulong index = cpu[X64Register.Rbx] & uint.MaxValue;
        ulong room = cpu[X64Register.Rcx] & uint.MaxValue;
        if ((cpu[X64Register.Rdx] & uint.MaxValue) != Smap || index >= (ulong)map.Count || room < 20)
        {
            Fail(cpu, Unsupported);
            return;
        }

        BiosMemoryRange entry = map[(int)index];
        ulong address = (cpu[X64SegmentRegister.Es].Base + (cpu[X64Register.Rdi] & 0xFFFF)) & (uint.MaxValue >> 8);
        cpu.Memory.Write(address, 8, entry.Range.Start.Value);
        cpu.Memory.Write(address + 8, 8, entry.Range.Length);
        cpu.Memory.Write(address + 16, 4, entry.Type);
        Set(cpu, X64Register.Rax, 4, Smap);
        Set(cpu, X64Register.Rcx, 4, 20);
        Set(cpu, X64Register.Rbx, 4, (int)index + 1 < map.Count ? index + 1 : 0);
        Succeed(cpu);
    }

    /// <summary>Bytes of memory from an address on, up to the first hole.</summary>
    private ulong MemoryAbove(ulong start)
    {
        foreach (BiosMemoryRange entry in map)
        {
            if (entry.Type == 1 && entry.Range.Contains(new PhysicalAddress(start)))
            {
                return entry.Range.End.Value - start;
            }
        }

        return 0;
    }

    private void Keyboard(X64Processor cpu)
    {
        switch (High(cpu))
        {
            case 0x01 or 0x11:
                cpu.Rflags |= X64Flags.ZF;
                break;
            case 0x02 or 0x12 or 0x03:
                Set(cpu, X64Register.Rax, 1, 0);
                break;
            default:
                Refuse(cpu, 0x16, failsByCarry: false);
                break;
        }
    }

    private void Refuse(X64Processor cpu, byte vector, bool failsByCarry = true)
    {
        _refused.Add($"int {vector:x2}h, AX={cpu[X64Register.Rax] & 0xFFFF:x4}h");
        if (failsByCarry)
        {
            Fail(cpu, Unsupported);
        }
    }

    private static void Fail(X64Processor cpu, byte status)
    {
        Set(cpu, X64Register.Rax, 2, (cpu[X64Register.Rax] & 0xFF) | ((ulong)status << 8));
        cpu.Rflags |= X64Flags.CF;
    }

    private static void Succeed(X64Processor cpu) => cpu.Rflags &= ~X64Flags.CF;

    private static byte High(X64Processor cpu) => (byte)(cpu[X64Register.Rax] >> 8 & 0xFF);

    private static void SetAx(X64Processor cpu, ulong value) => Set(cpu, X64Register.Rax, 2, value);

    private static void Set(X64Processor cpu, X64Register register, int size, ulong value)
    {
        ulong mask = (1UL << (8 * size)) - 1;
        cpu[register] = (cpu[register] & ~mask) | (value & mask);
    }
}
