"""How the team builds: target, platforms and arguments, read from the files that call docker."""
