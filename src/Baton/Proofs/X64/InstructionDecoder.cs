using Iced.Intel;

namespace Baton.Proofs.X64;

/// <summary>Makes operations with resolved operands of bytes. The bytes are Iced's to read, their meaning is ours.</summary>
internal sealed class InstructionDecoder(X64Processor processor, InstructionReader reader)
{
    private readonly Decoder _bits16 = Decoder.Create(16, reader);
    private readonly Decoder _bits32 = Decoder.Create(32, reader);
    private readonly Decoder _bits64 = Decoder.Create(64, reader);

    /// <summary>Decodes the instruction that the reader stands before.</summary>
    /// <param name="bits">16, 32 or 64.</param>
    /// <exception cref="X64FaultException">There is none, or it is not simulated.</exception>
    public DecodedInstruction Decode(int bits)
    {
        Decoder decoder = bits switch
        {
            16 => _bits16,
            32 => _bits32,
            _ => _bits64,
        };

        // At address 0, so that targets and RIP-relative operands are distances: the page may be mapped twice.
        decoder.IP = 0;
        decoder.Decode(out Instruction instruction);
        if (instruction.IsInvalid)
        {
            throw InstructionLimit.IsExceeded(reader, bits) ? processor.TooLong() : processor.InvalidOpcode(
                $"no instruction begins with the bytes {Bytes(reader)}");
        }

        if (processor.HandlerFor(instruction, out bool isGuarded) is not { } handler)
        {
            throw processor.NotSimulated(
                $"the instruction {instruction.Mnemonic.ToString().ToLowerInvariant()} ({Bytes(reader)}) is not simulated");
        }

        bool exchanges = IsExchangeWithR8(instruction, out int width);
        if (exchanges)
        {
            handler = processor.Exchange;
        }

        DecodedInstruction op = new()
        {
            Execute = isGuarded ? processor.ExecuteGuarded : handler,
            Inner = handler,
            Length = instruction.Length,
            BytesLow = reader.BytesLow,
            BytesHigh = reader.BytesHigh,
            Code = instruction.Code,
            Mnemonic = instruction.Mnemonic,
            IsLocked = instruction.HasLockPrefix,
            Repeats = instruction.HasRepPrefix || instruction.HasRepnePrefix,
            RepeatsUntilZero = instruction.HasRepnePrefix,
            Base = X64Processor.ZeroSlot,
            Index = X64Processor.ZeroSlot,
            AddressSize = (byte)(bits / 8),
            Segment = (byte)X64SegmentRegister.Ds,
            Detail = instruction.ConditionCode == ConditionCode.None ? (byte)0 : (byte)(instruction.ConditionCode - 1),
            OperandSize = unchecked((byte)Math.Abs(instruction.StackPointerIncrement)),
        };
        if (exchanges)
        {
            (op.A, op.B) = (General(8, width, 0), General(0, width, 0));
            return op;
        }

        ResolveOperands(op, instruction);
        ApplyImpliedSizes(op, instruction);
        op.AddressMask = MaskOf(op.AddressSize);
        return op;
    }

    /// <summary>The bits of a value.</summary>
    /// <param name="size">Bytes.</param>
    public static ulong MaskOf(int size) => size >= 8 ? ulong.MaxValue : (1UL << (8 * size)) - 1;

    private static string Bytes(InstructionReader reader)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, reader.BytesLow);
        BitConverter.TryWriteBytes(bytes[8..], reader.BytesHigh);
        return Convert.ToHexStringLower(bytes[..reader.Length]);
    }

    /// <summary>
    /// F3 90 is pause; with REX.B processors exchange RAX with R8 all the same, which Iced does not know.
    /// </summary>
    private bool IsExchangeWithR8(in Instruction instruction, out int width)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, reader.BytesLow);
        BitConverter.TryWriteBytes(bytes[8..], reader.BytesHigh);
        int rex = instruction.Length < 2 ? 0 : bytes[instruction.Length - 2];
        width = (rex & 8) != 0 ? 8 : bytes[..instruction.Length].Contains((byte)0x66) ? 2 : 4;
        return instruction.Mnemonic == Mnemonic.Pause && instruction.CodeSize == CodeSize.Code64 && (rex & 0xF1) == 0x41;
    }

    private static void ApplyImpliedSizes(DecodedInstruction op, in Instruction instruction)
    {
        if (ImpliedSizes.Operand(instruction.Code) is var operand and not 0)
        {
            op.OperandSize = (byte)operand;
        }

        if (ImpliedSizes.Extension(instruction.Code) is var extension and not 0)
        {
            op.Detail = (byte)extension;
        }

        if (ImpliedSizes.Address(instruction) is var address and not 0)
        {
            op.AddressSize = (byte)address;
        }
    }

    private static void ResolveOperands(DecodedInstruction op, in Instruction instruction)
    {
        for (int i = 0; i < Math.Min(4, instruction.OpCount); i++)
        {
            Operand operand = Resolve(op, instruction, i);
            switch (i)
            {
                case 0:
                    op.A = operand;
                    break;
                case 1:
                    op.B = operand;
                    break;
                case 2:
                    op.C = operand;
                    break;
                default:
                    op.D = operand;
                    break;
            }
        }

        // A constant is as wide as what it is combined with.
        Operand first = op.A;
        if (first.Size > 0 && op.B.Kind == OperandKind.Immediate)
        {
            op.B.Value &= first.Mask;
        }

        if (first.Size > 0 && op.C.Kind == OperandKind.Immediate)
        {
            op.C.Value &= first.Mask;
        }
    }

    private static Operand Resolve(DecodedInstruction op, in Instruction instruction, int index)
    {
        switch (instruction.GetOpKind(index))
        {
            case OpKind.Register:
                return RegisterOperand(instruction.GetOpRegister(index));
            case OpKind.NearBranch16:
                (op.Target, op.OperandSize) = (instruction.NearBranch16, 2);
                return default;
            case OpKind.NearBranch32:
                (op.Target, op.OperandSize) = (instruction.NearBranch32, 4);
                return default;
            case OpKind.NearBranch64:
                (op.Target, op.OperandSize) = (instruction.NearBranch64, 8);
                return default;
            case OpKind.FarBranch16:
                (op.Target, op.OperandSize) = (instruction.FarBranch16, 2);
                return new Operand { Kind = OperandKind.Immediate, Value = instruction.FarBranchSelector };
            case OpKind.FarBranch32:
                (op.Target, op.OperandSize) = (instruction.FarBranch32, 4);
                return new Operand { Kind = OperandKind.Immediate, Value = instruction.FarBranchSelector };
            case OpKind.Memory:
                ResolveMemory(op, instruction);
                return MemoryOperand(instruction);
            case OpKind.MemorySegSI or OpKind.MemoryESDI or OpKind.MemorySegDI:
                return StringOperand(op, instruction, 2);
            case OpKind.MemorySegESI or OpKind.MemoryESEDI or OpKind.MemorySegEDI:
                return StringOperand(op, instruction, 4);
            case OpKind.MemorySegRSI or OpKind.MemoryESRDI or OpKind.MemorySegRDI:
                return StringOperand(op, instruction, 8);
            default:
                return new Operand { Kind = OperandKind.Immediate, Value = instruction.GetImmediate(index) };
        }
    }

    private static Operand RegisterOperand(Register register)
    {
        if (register is >= Register.AL and <= Register.R15L)
        {
            int number = register - Register.AL;
            return number is >= 4 and < 8 ? General(number - 4, 1, 8) : General(number < 4 ? number : number - 4, 1, 0);
        }

        return register switch
        {
            >= Register.AX and <= Register.R15W => General(register - Register.AX, 2, 0),
            >= Register.EAX and <= Register.R15D => General(register - Register.EAX, 4, 0),
            >= Register.RAX and <= Register.R15 => General(register - Register.RAX, 8, 0),
            >= Register.ES and <= Register.GS => Special(register - Register.ES),
            >= Register.CR0 and <= Register.CR15 => Special(register - Register.CR0),
            >= Register.DR0 and <= Register.DR15 => Special(register - Register.DR0),
            _ => Special(register - Register.None),
        };
    }

    private static Operand Special(int number) =>
        new() { Kind = OperandKind.Special, Register = (byte)number, Size = 2, Mask = 0xFFFF };

    private static Operand General(int slot, int size, int shift) => new()
    {
        Kind = OperandKind.Register,
        Register = (byte)slot,
        Shift = (byte)shift,
        Size = (byte)size,
        Mask = MaskOf(size),
        Keep = size >= 4 ? 0 : ~(MaskOf(size) << shift),
    };

    private static Operand MemoryOperand(in Instruction instruction)
    {
        int size = instruction.MemorySize.GetSize();
        return new Operand { Kind = OperandKind.Memory, Size = (byte)size, Mask = MaskOf(size) };
    }

    private static Operand StringOperand(DecodedInstruction op, in Instruction instruction, int addressSize)
    {
        op.AddressSize = (byte)addressSize;
        op.Segment = (byte)(instruction.MemorySegment - Register.ES);
        op.MemorySize = (byte)instruction.MemorySize.GetSize();
        return new Operand { Kind = OperandKind.Memory, Size = op.MemorySize, Mask = MaskOf(op.MemorySize) };
    }

    private static void ResolveMemory(DecodedInstruction op, in Instruction instruction)
    {
        op.Segment = (byte)(instruction.MemorySegment - Register.ES);
        op.Displacement = instruction.MemoryDisplacement64;
        op.MemorySize = (byte)instruction.MemorySize.GetSize();
        Register baseRegister = instruction.MemoryBase;
        Register index = instruction.MemoryIndex;
        op.AddressSize = (byte)AddressSize(instruction, baseRegister == Register.None ? index : baseRegister);
        op.Base = baseRegister is Register.RIP or Register.EIP ? (byte)X64Processor.RipSlot : Slot(baseRegister);
        op.Index = Slot(index);
        op.Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
    }

    private static byte Slot(Register register) =>
        register == Register.None ? (byte)X64Processor.ZeroSlot : RegisterOperand(register).Register;

    private static int AddressSize(in Instruction instruction, Register register) => register switch
    {
        Register.None => instruction.MemoryDisplSize switch
        {
            2 => 2,
            4 => 4,
            _ => 8,
        },
        Register.RIP => 8,
        Register.EIP => 4,
        >= Register.AX and <= Register.R15W => 2,
        >= Register.EAX and <= Register.R15D => 4,
        _ => 8,
    };
}
