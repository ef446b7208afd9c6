using Baton.Trampolines;
using static Baton.Packs.PackComparison;
using static Baton.Packs.PackRegister;

namespace Baton.Packs;

/// <content>Reading a file byte by byte, and putting a line together at S2.</content>
internal sealed partial class PackProgram
{
    private readonly Label _nextByte;
    private readonly Label _append;
    private readonly Label _appendNumber;
    private readonly Label _appendRange;

    /// <summary>Result: the file's next byte, or <see cref="EndOfFile"/>.</summary>
    private void WriteReader()
    {
        Label buffered = _code.NewLabel("buffered");
        Label done = _code.NewLabel("next_byte_done");
        Label more = _code.NewLabel("more");
        _code.Bind(_nextByte);
        _code.Enter();
        _code.Load(T0, Frame, PackFrame.Next);
        _code.Load(T1, Frame, PackFrame.End);
        _code.If(T0, NotEqual, T1, buffered);
        _code.Load(A0, Frame, PackFrame.File);
        BufferAddress(A1);
        _code.Set(A2, PackFrame.BufferSize);
        _code.Call(PackSystemCall.Read);
        _code.If(Result, NotEqual, 0, more);
        _code.Set(Result, EndOfFile);
        _code.Jump(done);

        // S0 is in use, but not any more when the reading has failed.
        _code.Bind(more);
        Label read = _code.NewLabel("read");
        _code.If(Result, Below, -4095, read);
        _code.Load(S0, Frame, PackFrame.Reading);
        _code.Jump(_failed);
        _code.Bind(read);
        BufferAddress(T0);
        _code.Add(Result, T0);
        _code.Store(Result, Frame, PackFrame.End);
        _code.Bind(buffered);
        _code.LoadByte(Result, T0);
        _code.Add(T0, 1);
        _code.Store(T0, Frame, PackFrame.Next);
        _code.Bind(done);
        _code.Return();
    }

    private void BufferAddress(PackRegister to)
    {
        _code.Set(to, PackFrame.Buffer);
        _code.Add(to, Frame);
    }

    /// <summary>The routines that write to the line at S2: the text at S3; the number S3; the range from S0 to S1.</summary>
    private void WriteText()
    {
        Label next = _code.NewLabel("append_next");
        Label done = _code.NewLabel("append_done");
        _code.Bind(_append);
        _code.Enter();
        _code.Bind(next);
        _code.LoadByte(T0, S3);
        _code.If(T0, Equal, 0, done);
        _code.StoreByte(T0, S2);
        _code.Add(S2, 1);
        _code.Add(S3, 1);
        _code.Jump(next);
        _code.Bind(done);
        _code.Return();
        WriteNumber();
        WriteRange();
    }

    /// <summary>From the highest digit on: S3 moves left through 16 digits, of which the leading zeros are left out.</summary>
    private void WriteNumber()
    {
        Label next = _code.NewLabel("digit_next");
        Label write = _code.NewLabel("digit_write");
        Label decimalDigit = _code.NewLabel("digit_decimal");
        Label skipped = _code.NewLabel("digit_skipped");
        _code.Bind(_appendNumber);
        _code.Enter();
        _code.Set(T0, '0');
        _code.StoreByte(T0, S2);
        _code.Set(T0, 'x');
        _code.StoreByte(T0, S2, 1);
        _code.Add(S2, 2);
        _code.Set(A3, 16);
        _code.Set(A4, 0);
        _code.Bind(next);
        _code.Copy(T0, S3);
        _code.ShiftRight(T0, 60);
        _code.ShiftLeft(S3, 4);
        _code.Subtract(A3, 1);
        _code.If(T0, NotEqual, 0, write);
        _code.If(A4, NotEqual, 0, write);
        _code.If(A3, NotEqual, 0, skipped);
        _code.Bind(write);
        _code.Set(A4, 1);
        _code.If(T0, Below, 10, decimalDigit);
        _code.Add(T0, 'a' - '0' - 10);
        _code.Bind(decimalDigit);
        _code.Add(T0, '0');
        _code.StoreByte(T0, S2);
        _code.Add(S2, 1);
        _code.Bind(skipped);
        _code.If(A3, NotEqual, 0, next);
        _code.Return();
    }

    private void WriteRange()
    {
        _code.Bind(_appendRange);
        _code.Enter();
        Append("[");
        _code.Copy(S3, S0);
        _code.Call(_appendNumber);
        Append(", ");
        _code.Copy(S3, S1);
        _code.Call(_appendNumber);
        Append(")");
        _code.Return();
    }

    private void Append(string text)
    {
        _code.Set(S3, _data.Text(text));
        _code.Call(_append);
    }

    private void AppendFound()
    {
        _code.Load(S0, Frame, PackFrame.RangeStart);
        _code.Load(S1, Frame, PackFrame.RangeEnd);
        _code.Call(_appendRange);
    }

    private void AppendRecorded()
    {
        _code.Load(T0, Frame, PackFrame.Recorded);
        _code.Load(S0, T0);
        _code.Load(S1, T0, 8);
        _code.Call(_appendRange);
    }

    /// <summary>Jumps where the text at an address, which stays, does not begin so; T0, A0, A3 and A4 are lost.</summary>
    private void IfOther(string beginning, PackRegister address, Label other)
    {
        Label letter = _code.NewLabel("beginning_letter");
        Label same = _code.NewLabel("beginning_same");
        _code.Set(A3, _data.Text(beginning));
        _code.Copy(A4, address);
        _code.Bind(letter);
        _code.LoadByte(T0, A3);
        _code.If(T0, Equal, 0, same);
        _code.LoadByte(A0, A4);
        _code.Add(A3, 1);
        _code.Add(A4, 1);
        _code.If(T0, Equal, A0, letter);
        _code.Jump(other);
        _code.Bind(same);
    }
}
