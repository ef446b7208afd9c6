using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Baton.Tests")]
[assembly: InternalsVisibleTo("Baton.EndToEnd")]
