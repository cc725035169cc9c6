"""The status page: jobs waiting, running and done."""
