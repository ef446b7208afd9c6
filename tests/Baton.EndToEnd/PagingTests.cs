namespace Baton.EndToEnd;

/// <summary>Four and five levels of page tables. Every other test runs with five.</summary>
public sealed class PagingTests
{
    [Theory]
    [InlineData("max,la57=off", false)]
    [InlineData("max", true)]
    public void The_levels_of_page_tables_do_not_matter(string processor, bool isFiveLevels)
    {
        ScenarioResult result = new Handover { ProcessorModel = processor, Options = "--carrier kexec-load" }.Run();
        Assert.Equal(isFiveLevels, result.Witness("a").Machine.Processor.La57);
        Assert.Equal(isFiveLevels, result.Witness("b").Machine.Processor.La57);
    }
}
