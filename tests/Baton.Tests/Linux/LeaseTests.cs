namespace Baton.Tests.Linux;

/// <summary>
/// Tests that take leases of files which they have just written. They run when no other test does: one that starts a program
/// forks, and until the new process has become that program, it has every file open for writing that this one has.
/// </summary>
[CollectionDefinition(nameof(LeaseTests), DisableParallelization = true)]
public sealed class LeaseTests;
