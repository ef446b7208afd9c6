using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Baton.Tests")]
