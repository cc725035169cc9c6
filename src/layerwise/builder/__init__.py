"""Builds: what an engine or a log says happened, as records."""
