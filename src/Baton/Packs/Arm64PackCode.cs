using Baton.Trampolines;

namespace Baton.Packs;

/// <summary>A packed program's instructions on arm64.</summary>
internal sealed class Arm64PackCode(ulong origin) : PackCode
{
    private readonly Arm64Assembler _code = new(origin);

    /// <summary>For numbers that an instruction has no room for.</summary>
    private static RegX Spare => RegX.X16;

    /// <summary>The address of the file's first byte: from there most texts and tables are one instruction away.</summary>
    private static RegX Base => RegX.X27;

    public override Label NewLabel(string name) => _code.NewLabel(name);

    public override void Bind(Label label) => _code.Bind(label);

    public override void Set(PackRegister to, ulong value) => Set(Of(to), value);

    public override void Copy(PackRegister to, PackRegister from) => _code.Mov(Of(to), Of(from));

    public override void LoadByte(PackRegister to, PackRegister address, int offset = 0) =>
        _code.Ldrb(Low(to), At(address, offset));

    public override void StoreByte(PackRegister from, PackRegister address, int offset = 0) =>
        _code.Strb(Low(from), At(address, offset));

    public override void Load32(PackRegister to, PackRegister address, int offset = 0) =>
        _code.Ldr(Low(to), At(address, offset));

    public override void Load(PackRegister to, PackRegister address, int offset = 0) =>
        _code.Ldr(Of(to), At(address, offset));

    public override void Store(PackRegister from, PackRegister address, int offset = 0) =>
        _code.Str(Of(from), At(address, offset));

    public override void Add(PackRegister to, int value) => _code.Add(Of(to), Of(to), value);

    public override void Add(PackRegister to, PackRegister value) => _code.Add(Of(to), Of(to), Of(value));

    public override void Subtract(PackRegister to, int value) => _code.Sub(Of(to), Of(to), value);

    public override void Subtract(PackRegister to, PackRegister value) => _code.Sub(Of(to), Of(to), Of(value));

    public override void ShiftLeft(PackRegister register, int count) => _code.Lsl(Of(register), Of(register), count);

    public override void ShiftRight(PackRegister register, int count) => _code.Lsr(Of(register), Of(register), count);

    public override void If(PackRegister left, PackComparison comparison, PackRegister right, Label target)
    {
        _code.Cmp(Of(left), Of(right));
        _code.B(Of(comparison), target);
    }

    public override void If(PackRegister left, PackComparison comparison, int right, Label target)
    {
        if (right == 0 && comparison is PackComparison.Equal)
        {
            _code.Cbz(Of(left), target);
            return;
        }

        if (right == 0 && comparison is PackComparison.NotEqual)
        {
            _code.Cbnz(Of(left), target);
            return;
        }

        if (right >= 0)
        {
            _code.Cmp(Of(left), right);
        }
        else
        {
            Set(Spare, unchecked((ulong)(long)right));
            _code.Cmp(Of(left), Spare);
        }

        _code.B(Of(comparison), target);
    }

    public override void Jump(Label target) => _code.B(target);

    public override void Call(Label target) => _code.Bl(target);

    public override void Enter() => _code.Str(RegX.X30, Arm64Memory.AddThenAt(RegX.Sp, -16));

    public override void Return()
    {
        _code.Ldr(RegX.X30, Arm64Memory.AtThenAdd(RegX.Sp, 16));
        _code.Ret();
    }

    public override void Call(PackSystemCall call)
    {
        Set(RegX.X8, call.OnArm64());
        _code.Svc(0);
        _code.Mov(Of(PackRegister.Result), RegX.X0);
    }

    public override void Begin(int bytes)
    {
        _code.MovConstant(Base, PackElf.ProgramAddress);
        _code.Mov(Of(PackRegister.S0), RegX.Sp);
        _code.Sub(RegX.Sp, RegX.Sp, bytes);
        _code.Mov(Of(PackRegister.Frame), RegX.Sp);
    }

    public override byte[] Build() => _code.Build();

    private void Set(RegX to, ulong value)
    {
        // A negative number is one instruction and not four: Linux's errnos and AT_FDCWD are negative.
        if (~value <= ushort.MaxValue)
        {
            _code.Movn(to, (ushort)~value);
        }
        else if (value is >= PackElf.ProgramAddress and < PackElf.ProgramAddress + 4096)
        {
            _code.Add(to, Base, (int)(value - PackElf.ProgramAddress));
        }
        else
        {
            _code.MovConstant(to, value);
        }
    }

    private static Arm64Memory At(PackRegister address, int offset) => Arm64Memory.At(Of(address), offset);

    /// <summary>System calls take their arguments in x0 to x4 and lose nothing but x0.</summary>
    private static RegX Of(PackRegister register) => register switch
    {
        PackRegister.A0 => RegX.X0,
        PackRegister.A1 => RegX.X1,
        PackRegister.A2 => RegX.X2,
        PackRegister.A3 => RegX.X3,
        PackRegister.A4 => RegX.X4,
        PackRegister.Result => RegX.X9,
        PackRegister.T0 => RegX.X10,
        PackRegister.T1 => RegX.X11,
        PackRegister.S0 => RegX.X19,
        PackRegister.S1 => RegX.X20,
        PackRegister.S2 => RegX.X21,
        PackRegister.S3 => RegX.X22,
        _ => RegX.X28,
    };

    private static RegW Low(PackRegister register) => RegW.Of(Of(register));

    private static Arm64Condition Of(PackComparison comparison) => comparison switch
    {
        PackComparison.Equal => Arm64Condition.Eq,
        PackComparison.NotEqual => Arm64Condition.Ne,
        PackComparison.Below => Arm64Condition.Lo,
        _ => Arm64Condition.Hi,
    };
}
