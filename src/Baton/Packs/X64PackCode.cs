using Baton.Trampolines;

namespace Baton.Packs;

/// <summary>A packed program's instructions on x86-64.</summary>
internal sealed class X64PackCode(ulong origin) : PackCode
{
    private readonly X64Assembler _code = new(origin);

    public override Label NewLabel(string name) => _code.NewLabel(name);

    public override void Bind(Label label) => _code.Bind(label);

    public override void Set(PackRegister to, ulong value)
    {
        if (value <= uint.MaxValue)
        {
            _code.Mov(Of(to).Low32, (uint)value);
        }
        else
        {
            _code.Mov(Of(to), value);
        }
    }

    public override void Copy(PackRegister to, PackRegister from) => _code.Mov(Of(to), Of(from));

    public override void LoadByte(PackRegister to, PackRegister address, int offset = 0) =>
        _code.MovzxByte(Of(to).Low32, At(address, offset));

    public override void StoreByte(PackRegister from, PackRegister address, int offset = 0) =>
        _code.MovByte(At(address, offset), Of(from).Low32);

    public override void Load32(PackRegister to, PackRegister address, int offset = 0) =>
        _code.Mov(Of(to).Low32, At(address, offset));

    public override void Load(PackRegister to, PackRegister address, int offset = 0) =>
        _code.Mov(Of(to), At(address, offset));

    public override void Store(PackRegister from, PackRegister address, int offset = 0) =>
        _code.Mov(At(address, offset), Of(from));

    public override void Add(PackRegister to, int value) => _code.Add(Of(to), value);

    public override void Add(PackRegister to, PackRegister value) => _code.Add(Of(to), Of(value));

    public override void Subtract(PackRegister to, int value) => _code.Sub(Of(to), value);

    public override void Subtract(PackRegister to, PackRegister value) => _code.Sub(Of(to), Of(value));

    public override void ShiftLeft(PackRegister register, int count) => _code.Shl(Of(register), count);

    public override void ShiftRight(PackRegister register, int count) => _code.Shr(Of(register), count);

    public override void If(PackRegister left, PackComparison comparison, PackRegister right, Label target)
    {
        _code.Cmp(Of(left), Of(right));
        _code.Jcc(Of(comparison), target);
    }

    public override void If(PackRegister left, PackComparison comparison, int right, Label target)
    {
        _code.Cmp(Of(left), right);
        _code.Jcc(Of(comparison), target);
    }

    public override void Jump(Label target) => _code.Jmp(target);

    public override void Call(Label target) => _code.Call(target);

    public override void Enter()
    {
        // The call has put the way back on the stack.
    }

    public override void Return() => _code.Ret();

    public override void Call(PackSystemCall call)
    {
        _code.Mov(Reg32.Eax, call.OnX64());
        _code.Syscall();
    }

    public override void Begin(int bytes)
    {
        _code.Mov(Of(PackRegister.S0), Reg64.Rsp);
        _code.Sub(Reg64.Rsp, bytes);
        _code.Mov(Of(PackRegister.Frame), Reg64.Rsp);
    }

    public override byte[] Build() => _code.Build();

    private static MemoryOperand At(PackRegister address, int offset) => MemoryOperand.At(Of(address), offset);

    /// <summary>System calls take their arguments in RDI, RSI, RDX, R10, R8, and lose RCX and R11.</summary>
    private static Reg64 Of(PackRegister register) => register switch
    {
        PackRegister.Result => Reg64.Rax,
        PackRegister.A0 => Reg64.Rdi,
        PackRegister.A1 => Reg64.Rsi,
        PackRegister.A2 => Reg64.Rdx,
        PackRegister.A3 => Reg64.R10,
        PackRegister.A4 => Reg64.R8,
        PackRegister.T0 => Reg64.Rcx,
        PackRegister.T1 => Reg64.R9,
        PackRegister.S0 => Reg64.Rbx,
        PackRegister.S1 => Reg64.Rbp,
        PackRegister.S2 => Reg64.R12,
        PackRegister.S3 => Reg64.R13,
        _ => Reg64.R15,
    };

    private static Condition Of(PackComparison comparison) => comparison switch
    {
        PackComparison.Equal => Condition.Zero,
        PackComparison.NotEqual => Condition.NotZero,
        PackComparison.Below => Condition.Carry,
        _ => Condition.Above,
    };
}
