"""Images where they are kept: registries, OCI layouts and docker archives."""
