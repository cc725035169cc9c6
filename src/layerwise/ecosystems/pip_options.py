"""The options of pip 23 to 26 (``pip install --help``) that layerwise knows, and the variables that pip reads."""

# PIP_* are options of pip; the others are read by the interpreter, by setuptools and wheel that pip runs, and by
# keyring and git that pip asks.
VARIABLES = (
    *("PIP_*", "PYTHON*", "VIRTUAL_ENV", "CONDA_*", "SETUPTOOLS_*", "DISTUTILS_*", "_PYTHON_*", "__PYVENV_LAUNCHER__"),
    *(
        "PEP517_*",
        "KEYRING_*",
        "PYPI_*",
        "GIT_SSH*",
        "GIT_CONFIG*",
        "GIT_ASKPASS",
        "GIT_TERMINAL_PROMPT",
        "WHEEL_*",
        "PYENV_*",
    ),
    *(
        "CARGO_*",
        "RUSTFLAGS",
        "CC",
        "CXX",
        "CFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "MAKEFLAGS",
        "PKG_CONFIG*",
        "CI",
    ),
)

GENERAL = (
    *("--python", "--log", "--log-file", "--local-log", "--proxy", "--retries", "--timeout", "--default-timeout"),
    *(
        "--exists-action",
        "--trusted-host",
        "--cert",
        "--client-cert",
        "--cache-dir",
        "--use-feature",
        "--use-deprecated",
    ),
    *("--keyring-provider", "--resume-retries", "--root-user-action"),
)
INSTALLING = (
    *("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-f", "--find-links", "-i", "--index-url"),
    *("--pypi-url", "--extra-index-url", "-t", "--target", "--prefix", "--root", "--src", "--source", "--source-dir"),
    *("--source-directory", "--platform", "--python-version", "--implementation", "--abi", "--upgrade-strategy"),
    *(
        "--config-settings",
        "--config-setting",
        "-C",
        "--global-option",
        "--install-option",
        "--build-option",
        "--no-binary",
    ),
    *("--only-binary", "--progress-bar", "--report", "-d", "--dest", "--destination-dir", "--destination-directory"),
    *(
        "-w",
        "--wheel-dir",
        "--build-constraint",
        "--group",
        "--uploaded-prior-to",
        "--dependency-group",
        "-b",
        "--build",
    ),
)
FLAGS = (
    *(
        "--break-system-packages",
        "--check-build-dependencies",
        "--compile",
        "--debug",
        "--disable-pip-version-check",
        "--dry-run",
    ),
    *(
        "--force-reinstall",
        "--help",
        "--ignore-installed",
        "--ignore-requires-python",
        "--isolated",
        "--no-build-isolation",
    ),
    *(
        "--no-cache-dir",
        "--no-clean",
        "--no-color",
        "--no-compile",
        "--no-dependencies",
        "--no-deps",
        "--no-index",
        "--no-input",
    ),
    *(
        "--no-python-version-warning",
        "--no-use-pep517",
        "--no-user",
        "--no-warn-conflicts",
        "--no-warn-script-location",
        "--pre",
    ),
    *(
        "--prefer-binary",
        "--quiet",
        "--require-hashes",
        "--require-venv",
        "--require-virtualenv",
        "--upgrade",
        "--use-pep517",
    ),
    *("--user", "--verbose", "--version", "--yes", "--no-verify", "--trusted-host", "--egg", "--force"),
    *("-I", "-U", "-V", "-h", "-q", "-v", "-y"),
)
