using System.Buffers.Binary;
using System.Text;
using Baton.Bytes;
using Baton.Formats.Elf;
using Baton.Memory;
using Baton.Proofs;
using Baton.Proofs.Arm64;

namespace Baton.Tests.Packs;

/// <summary>A segment as kexec_load(2) got it.</summary>
internal sealed record LoadedSegment(byte[] Bytes, PhysicalRange Destination);

/// <summary>
/// A packed program of arm64 on the simulated processor, with a kernel beneath it that knows the program's system calls and
/// a few files.
/// </summary>
internal sealed class SimulatedProgram
{
    private const ulong StackTop = 0x7000_0000;
    private const int MostInstructions = 20_000_000;
    private const int FirstDescriptor = 3;

    private readonly Arm64Processor _processor;
    private readonly Dictionary<string, byte[]> _files;
    private readonly HashSet<string> _mounted;
    private readonly List<(byte[] Bytes, int Read)> _open = [];
    private readonly StringBuilder _written = new();

    /// <param name="file">The program.</param>
    /// <param name="files">What it can open, once the file system is mounted.</param>
    /// <param name="mounted">The file systems that are there from the start: /proc, /sys.</param>
    public SimulatedProgram(byte[] file, IReadOnlyDictionary<string, byte[]> files, params string[] mounted)
    {
        _files = new Dictionary<string, byte[]>(files);
        _mounted = [.. mounted];
        ElfFile elf = ElfFile.Open(new ArraySource(file, "handoff"));
        PhysicalMemory memory = new(
            RangeSet.Of(
            [
                .. elf.LoadSegments.Select(load =>
                    new PhysicalRange(new PhysicalAddress(load.VirtualAddress), load.MemorySize).GrowTo(4096)),
                new PhysicalRange(new PhysicalAddress(StackTop - 0x10_0000), 0x10_1000),
            ]),
            UnwrittenMemory.Zeros);
        foreach (ElfSegment load in elf.LoadSegments)
        {
            memory.Set(load.VirtualAddress, file.AsSpan((int)load.Offset, (int)load.FileSize));
        }

        _processor = new Arm64Processor(memory, 1) { ProgramCounter = elf.Entry, StackPointer = StackTop };

        // argc, argv[0]: no more than the program looks at.
        memory.Set(StackTop, BitConverter.GetBytes(1UL));
    }

    /// <summary>Whether it runs as PID 1.</summary>
    public bool IsInit { get; init; }

    /// <summary>The kernel's log.</summary>
    public string Log { get; init; } = "";

    /// <summary>What kexec_load(2) got; null when it was not called.</summary>
    public IReadOnlyList<LoadedSegment>? Loaded { get; private set; }

    /// <summary>Where kexec_load(2) was told to enter.</summary>
    public ulong Entry { get; private set; }

    /// <summary>The last command of reboot(2).</summary>
    public ulong? Reboot { get; private set; }

    /// <summary>What it has written.</summary>
    public string Written => _written.ToString();

    /// <summary>Runs it to its end.</summary>
    /// <returns>The exit status; null when reboot(2) was the end.</returns>
    public int? Run()
    {
        for (int i = 0; i < MostInstructions; i++)
        {
            try
            {
                _processor.ExecuteNext();
            }
            catch (Arm64FaultException fault) when (fault.Class == Arm64ExceptionClass.Svc)
            {
                ulong number = _processor[8];
                if (number == 94)
                {
                    return (int)_processor[0];
                }

                _processor[0] = unchecked((ulong)Call(number));
                if (Reboot is not null)
                {
                    return null;
                }

                _processor.ProgramCounter += 4;
            }
        }

        throw new InvalidOperationException($"no end after {MostInstructions} instructions");
    }

    private long Call(ulong number)
    {
        switch (number)
        {
            case 34 or 81 or 101:
                return 0;
            case 40:
                _mounted.Add(TextAt(_processor[1]));
                return 0;
            case 56:
                return Open(TextAt(_processor[1]));
            case 63:
                return Read((int)_processor[0], _processor[1], (int)_processor[2]);
            case 64:
                _written.Append(Encoding.ASCII.GetString(BytesAt(_processor[1], (int)_processor[2])));
                return (long)_processor[2];
            case 104:
                return Load(_processor[0], (int)_processor[1], _processor[2]);
            case 116:
                byte[] log = Encoding.ASCII.GetBytes(Log);
                _processor.Memory.Set(_processor[1], log);
                return log.Length;
            case 142:
                Reboot = _processor[2];
                return 0;
            case 172:
                return IsInit ? 1 : 2;
            case 179:
                _processor.Memory.Set(_processor[0] + 32, BitConverter.GetBytes(0xbb80_0000UL));
                _processor.Memory.Set(_processor[0] + 104, BitConverter.GetBytes(1));
                return 0;
            default:
                throw new InvalidOperationException($"system call {number} is none of the program's");
        }
    }

    private long Open(string path)
    {
        if (path == "/dev/console")
        {
            return 2;
        }

        string mount = path[..path.IndexOf('/', 1)];
        if (!_mounted.Contains(mount) || !_files.TryGetValue(path, out byte[]? bytes))
        {
            return -2;
        }

        _open.Add((bytes, 0));
        return FirstDescriptor + _open.Count - 1;
    }

    private int Read(int descriptor, ulong address, int length)
    {
        // In odd pieces, as a kernel may give them.
        (byte[] bytes, int read) = _open[descriptor - FirstDescriptor];
        int count = Math.Min(Math.Min(length, 777), bytes.Length - read);
        _processor.Memory.Set(address, bytes.AsSpan(read, count));
        _open[descriptor - FirstDescriptor] = (bytes, read + count);
        return count;
    }

    private int Load(ulong entry, int count, ulong table)
    {
        Entry = entry;
        List<LoadedSegment> segments = [];
        byte[] entries = BytesAt(table, count * 32);
        for (int i = 0; i < count; i++)
        {
            ulong Field(int n) => BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan((i * 32) + (n * 8)));
            segments.Add(new LoadedSegment(
                BytesAt(Field(0), (int)Field(1)), new PhysicalRange(new PhysicalAddress(Field(2)), Field(3))));
        }

        Loaded = segments;
        return 0;
    }

    private byte[] BytesAt(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        _processor.Memory.Copy(address, bytes);
        return bytes;
    }

    private string TextAt(ulong address)
    {
        byte[] bytes = BytesAt(address, 256);
        return Encoding.ASCII.GetString(bytes, 0, Array.IndexOf<byte>(bytes, 0));
    }
}
