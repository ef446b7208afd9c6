using System.Globalization;
using System.Reflection;
using Baton.Trampolines;

namespace Baton.Tests.Trampolines;

/// <summary>One instruction with its operands: the line that llvm-mc gets, and the word; null where it was refused.</summary>
internal sealed record Arm64InstructionCase(string Text, uint? Word)
{
    private static readonly object[] FewX = [RegX.X0, RegX.X30, RegX.Zr, RegX.Sp];
    private static readonly object[] FewW = [RegW.All[0], RegW.All[30], RegW.Zr];

    /// <summary>The methods that write one instruction each.</summary>
    public static IReadOnlyList<MethodInfo> Methods { get; } =
    [
        .. typeof(Arm64Assembler)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(m => !m.IsSpecialName && m.ReturnType == typeof(void)
                && m.Name is not ("Bind" or "Align" or "MovConstant")
                && !m.Name.StartsWith("Data", StringComparison.Ordinal)),
    ];

    public static string Signature(MethodInfo method) =>
        $"{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";

    /// <summary>
    /// Every instruction of the table: each operand in turn has all of its values, the others a few of theirs.
    /// </summary>
    public static IEnumerable<Arm64InstructionCase> WriteAll(IReadOnlyDictionary<string, string> table)
    {
        foreach (MethodInfo method in Methods)
        {
            ParameterInfo[] parameters = method.GetParameters();
            HashSet<string> done = [];
            for (int varied = 0; varied < Math.Max(1, parameters.Length); varied++)
            {
                IEnumerable<object[]> sets = parameters.Aggregate(
                    (IEnumerable<object[]>)[[]],
                    (all, parameter) => all.SelectMany(set => (parameter.Position == varied ? Values(parameter) : Few(parameter))
                        .Select(value => (object[])[.. set, value])));
                foreach (object[] set in sets)
                {
                    string text = Fill(table[Signature(method)], set);
                    if (done.Add(text))
                    {
                        yield return new Arm64InstructionCase(text, Write(method, set));
                    }
                }
            }
        }
    }

    private static uint? Write(MethodInfo method, object[] operands)
    {
        Arm64Assembler assembler = new();
        Label target = assembler.NewLabel("target");
        int distance = operands.OfType<Distance>().FirstOrDefault()?.Bytes ?? 0;
        if (distance < 0)
        {
            assembler.Bind(target);
            assembler.Data(new byte[-distance]);
        }

        int start = assembler.Offset;
        try
        {
            method.Invoke(assembler, [.. operands.Select(o => o is Distance ? target : o)]);
        }
        catch (TargetInvocationException e) when (e.InnerException is ArgumentException)
        {
            return null;
        }

        Assert.Equal(start + 4, assembler.Offset);
        if (distance >= 0)
        {
            assembler.Data(new byte[Math.Max(0, distance - 4)]);
            if (distance > 0)
            {
                assembler.Bind(target);
            }
        }

        try
        {
            return distance == 0 && operands.OfType<Distance>().Any()
                ? WriteAtItself(method, operands)
                : BitConverter.ToUInt32(assembler.Build(), start);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static uint WriteAtItself(MethodInfo method, object[] operands)
    {
        Arm64Assembler assembler = new();
        Label target = assembler.Here("target");
        method.Invoke(assembler, [.. operands.Select(o => o is Distance ? target : o)]);
        return BitConverter.ToUInt32(assembler.Build());
    }

    private static string Fill(string text, object[] operands)
    {
        for (int i = 0; i < operands.Length; i++)
        {
            string operand = operands[i] switch
            {
                Distance distance => $"#{distance.Bytes}",
                int or ushort or ulong => "#" + Convert.ToString(operands[i], CultureInfo.InvariantCulture),
                Enum name => name.ToString().ToLowerInvariant(),
                object other => other.ToString() ?? "",
            };
            text = text.Replace($"{{{i}}}", operand, StringComparison.Ordinal);
        }

        return text;
    }

    private static IEnumerable<object> Few(ParameterInfo parameter) => parameter.ParameterType.Name switch
    {
        nameof(RegX) => FewX,
        nameof(RegW) => FewW,
        nameof(Arm64Memory) =>
            [Arm64Memory.At(RegX.X30, 8), Arm64Memory.AtThenAdd(RegX.X30, 16), Arm64Memory.AddThenAt(RegX.Sp, -16)],
        _ => Values(parameter).Take(3),
    };

    private static IEnumerable<object> Values(ParameterInfo parameter) => parameter.ParameterType.Name switch
    {
        nameof(RegX) => RegX.All.Cast<object>(),
        nameof(RegW) => RegW.All.Cast<object>(),
        nameof(Arm64Condition) => Enum.GetValues<Arm64Condition>().Cast<object>(),
        nameof(BarrierOption) => Enum.GetValues<BarrierOption>().Cast<object>(),
        nameof(CacheOperation) => Enum.GetValues<CacheOperation>().Cast<object>(),
        nameof(TlbOperation) => Enum.GetValues<TlbOperation>().Cast<object>(),
        nameof(SystemRegister) => SystemRegister.All.Cast<object>(),
        nameof(Label) when parameter.Member.Name == "Adrp" => Distances(0, 4096, -8192),
        nameof(Label) when parameter.Member.Name == "Adr" => Distances(0, 4, -4, 7, 0xF_FFFF, -0x10_0000, 0x10_0000),
        nameof(Label) when parameter.Member.Name is "Tbz" or "Tbnz" => Distances(0, 4, -4, 0x7ffc, -0x8000, 0x8000, 6),
        nameof(Label) => Distances(0, 4, -4, 0xF_FFFC, -0x10_0000, 6),
        nameof(Arm64Memory) => Memory(),
        nameof(Int32) when parameter.Name == "shift" => [0, 16, 32, 48, 8, 64],
        nameof(Int32) when parameter.Name == "mask" => [0, 1, 8, 15, 16],
        nameof(Int32) when parameter.Name is "bit" or "count" => [0, 1, 31, 32, 63, 64],
        nameof(Int32) when parameter.Name == "width" => [1, 4, 63, 64, 65],
        nameof(Int32) => [0, 1, 4095, 4096, 4097, 0xFF_F000, 0x100_0000],
        nameof(UInt16) => [(ushort)0, (ushort)1, ushort.MaxValue],
        nameof(UInt64) =>
        [
            1UL, 0xffUL, 0x8000_0000_0000_0000UL, 0xffff_ffff_ffff_f000UL, 0x8000_0000_0000_0001UL, 0x5555_5555_5555_5555UL,
            0xaaaa_aaaa_aaaa_aaaaUL, 0xff00_00ff_ff00_00ffUL, 0x0f0f_0f0f_0f0f_0f0fUL, 0x7fff_ffff_ffff_ffffUL,
            0x0000_ffff_0000_ffffUL, 0UL, ulong.MaxValue, 5UL, 0x1234UL, 0x1_0000_0002UL,
        ],
        _ => throw new InvalidOperationException($"no values for a {parameter.ParameterType.Name}"),
    };

    private static IEnumerable<object> Distances(params int[] bytes) => bytes.Select(b => new Distance(b));

    private static IEnumerable<object> Memory()
    {
        int[] offsets =
            [0, 8, 1, -1, 16, 255, -256, -257, 256, 259, 496, 504, 505, 512, -512, -520, 4095, 4096, 16380, 32760, 32768];
        foreach (int offset in offsets)
        {
            yield return Arm64Memory.At(RegX.X2, offset);
            yield return Arm64Memory.AtThenAdd(RegX.X2, offset);
            yield return Arm64Memory.AddThenAt(RegX.X2, offset);
        }

        foreach (RegX register in RegX.All)
        {
            yield return Arm64Memory.At(register, 16);
            yield return Arm64Memory.AtThenAdd(register, 16);
            yield return Arm64Memory.AddThenAt(register, 16);
        }
    }

    /// <summary>Stands for a label so many bytes from the instruction.</summary>
    private sealed record Distance(int Bytes);
}
