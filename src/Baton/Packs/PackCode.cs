using Baton.Trampolines;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <summary>
/// What a packed program is written in: the few instructions that it needs, so that there is one program and not one
/// for each architecture. Addresses are absolute: the file is loaded where it says.
/// </summary>
internal abstract class PackCode
{
    /// <summary>Makes a label that is not bound yet.</summary>
    public abstract Label NewLabel(string name);

    /// <summary>Binds a label to the current place.</summary>
    public abstract void Bind(Label label);

    /// <summary>Loads a number or an address.</summary>
    public abstract void Set(PackRegister to, ulong value);

    /// <summary>Loads a negative number.</summary>
    public void Set(PackRegister to, int value) => Set(to, unchecked((ulong)(long)value));

    /// <summary>Copies a register.</summary>
    public abstract void Copy(PackRegister to, PackRegister from);

    /// <summary>Loads a byte and clears the rest of the register.</summary>
    public abstract void LoadByte(PackRegister to, PackRegister address, int offset = 0);

    /// <summary>Stores a register's lowest byte.</summary>
    public abstract void StoreByte(PackRegister from, PackRegister address, int offset = 0);

    /// <summary>Loads 4 bytes and clears the rest of the register.</summary>
    public abstract void Load32(PackRegister to, PackRegister address, int offset = 0);

    /// <summary>Loads 8 bytes.</summary>
    public abstract void Load(PackRegister to, PackRegister address, int offset = 0);

    /// <summary>Stores 8 bytes.</summary>
    public abstract void Store(PackRegister from, PackRegister address, int offset = 0);

    /// <summary>Adds a number of at most 12 bits.</summary>
    public abstract void Add(PackRegister to, int value);

    /// <summary>Adds.</summary>
    public abstract void Add(PackRegister to, PackRegister value);

    /// <summary>Subtracts a number of at most 12 bits.</summary>
    public abstract void Subtract(PackRegister to, int value);

    /// <summary>Subtracts.</summary>
    public abstract void Subtract(PackRegister to, PackRegister value);

    /// <summary>Shifts to the left.</summary>
    public abstract void ShiftLeft(PackRegister register, int count);

    /// <summary>Shifts to the right, zeros coming in.</summary>
    public abstract void ShiftRight(PackRegister register, int count);

    /// <summary>Jumps if two numbers compare so.</summary>
    public abstract void If(PackRegister left, PackComparison comparison, PackRegister right, Label target);

    /// <summary>Jumps if two numbers compare so; <paramref name="right"/> is -4096 to 4095.</summary>
    public abstract void If(PackRegister left, PackComparison comparison, int right, Label target);

    /// <summary>Jumps.</summary>
    public abstract void Jump(Label target);

    /// <summary>Calls a routine.</summary>
    public abstract void Call(Label target);

    /// <summary>A routine's first instruction, where it calls others or not.</summary>
    public abstract void Enter();

    /// <summary>A routine's last instruction.</summary>
    public abstract void Return();

    /// <summary>Calls the kernel: arguments in A0 to A4, the answer in Result, negative when it is an errno.</summary>
    public abstract void Call(PackSystemCall call);

    /// <summary>
    /// The program's first instructions: <see cref="S0"/> becomes the stack pointer as the kernel has set it, at the
    /// number of arguments; <see cref="PackRegister.Frame"/> that many bytes below it.
    /// </summary>
    /// <param name="bytes">A multiple of 4096.</param>
    public abstract void Begin(int bytes);

    /// <summary>The finished code.</summary>
    /// <exception cref="InvalidOperationException">A label is not bound.</exception>
    public abstract byte[] Build();

    /// <summary>Calls the kernel with arguments that are known here.</summary>
    public void Call(PackSystemCall call, params ReadOnlySpan<ulong> arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            Set(A0 + i, arguments[i]);
        }

        Call(call);
    }

    /// <summary>Jumps if the kernel's answer is an errno: -4095 to -1.</summary>
    public void IfError(Label target) => If(Result, PackComparison.Above, -4096, target);
}
