"""What a command of a RUN reads, writes and fetches: one module a package manager."""
