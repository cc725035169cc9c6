"""The options of uv (``--help`` of uv 0.13, older spellings with them) that layerwise knows."""

PIP_VALUED = (
    *("-r", "--requirements", "--requirement", "-e", "--editable", "-c", "--constraints", "--constraint"),
    *("--overrides", "--override", "--excludes", "-b", "--build-constraints", "--build-constraint", "-t", "--target"),
    *(
        "--prefix",
        "--report",
        "-o",
        "--output-file",
        "--annotation-style",
        "--format",
        "--torch-backend",
        "--only-binary",
    ),
)
PIP_FLAGS = (
    *("--system", "--break-system-packages", "--no-break-system-packages", "--no-deps", "--require-hashes", "--exact"),
    *("--no-verify-hashes", "--strict", "--user", "--generate-hashes", "--no-strip-extras", "--strip-extras"),
    *("--universal", "--no-header", "--no-annotate", "--emit-index-url", "--all", "--pre", "--no-strip-markers"),
)

VALUED = (
    *PIP_VALUED,
    *("--extra", "--no-extra", "--group", "--no-group", "--only-group", "--package", "--script", "--python-platform"),
    *("--no-install-package", "--no-editable-package", "--index", "--default-index", "-i", "--index-url"),
    *("--extra-index-url", "-f", "--find-links", "--index-strategy", "--keyring-provider", "-P", "--upgrade-package"),
    *("--upgrade-group", "--resolution", "--prerelease", "--prerelease-package", "--fork-strategy", "--exclude-newer"),
    *("--exclude-newer-package", "--no-sources-package", "--reinstall-package", "--refresh-package", "--link-mode"),
    *("-C", "--config-setting", "--config-settings", "--config-settings-package", "--no-build-isolation-package"),
    *("--no-build-package", "--no-binary-package", "--no-binary", "--cache-dir", "-p", "--python", "--color"),
    *("--allow-insecure-host", "--trusted-host", "--directory", "--project", "--config-file", "--python-version"),
    *("--output-format", "--no-emit-package", "--prune", "--with", "--with-editable", "--with-requirements", "-w"),
    *("--with-executables-from", "--prompt", "-i", "--install-dir", "--mirror", "--pypy-mirror", "--python-preference"),
    *("--python-fetch", "--cert"),
)
FLAGS = (
    *PIP_FLAGS,
    *("--all-extras", "--no-dev", "--dev", "--only-dev", "--no-default-groups", "--all-groups", "--no-editable"),
    *("--inexact", "--active", "--no-active", "--no-install-project", "--no-install-workspace", "--no-install-local"),
    *("--locked", "--frozen", "--all-packages", "--no-index", "-U", "--upgrade", "--no-sources", "--reinstall"),
    *("--force-reinstall", "--compile-bytecode", "--compile", "--no-compile-bytecode", "--no-build-isolation"),
    *("--no-build", "-n", "--no-cache", "--no-cache-dir", "--refresh", "--managed-python", "--no-managed-python"),
    *("--no-python-downloads", "--allow-python-downloads", "-q", "--quiet", "-v", "--verbose", "--native-tls"),
    *("--system-certs", "--offline", "--no-progress", "--no-config", "--no-hashes", "--no-emit-project", "--preview"),
    *("--no-emit-workspace", "--no-emit-local", "--no-annotate", "--no-header", "--force", "--seed", "--clear", "-c"),
    *(
        "--allow-existing",
        "--relocatable",
        "--no-project",
        "--no-workspace",
        "--default",
        "-r",
        "--dry-run",
        "--isolated",
    ),
    *("--require-build-hashes", "--no-require-build-hashes", "--check", "--check-exists", "--no-default", "--bin"),
)
"""All that take a value."""
