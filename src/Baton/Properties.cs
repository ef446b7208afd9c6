using System.Runtime.CompilerServices;

// The other assemblies of the static binary project as this one does (Projection).
[assembly: InternalsVisibleTo("Baton.Linux")]
[assembly: InternalsVisibleTo("Baton.Lab")]
[assembly: InternalsVisibleTo("Baton.Cli")]
