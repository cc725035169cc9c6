"""System programs that touch known places, and programs that run what the project says."""

from layerwise.ecosystems.base import SHELL_WORK, closed
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import SYSTEM, Effects, Path, Scope, opaque
from layerwise.ecosystems.places import places

_WRITES: dict[str, tuple[str, ...]] = {
    "ldconfig": ("/etc/ld.so.cache", "/var/cache/ldconfig", "/lib", "/usr/lib", "/usr/local/lib"),
    "update-ca-certificates": ("/etc/ssl", "/etc/ca-certificates", "/usr/share/ca-certificates"),
    "locale-gen": ("/usr/lib/locale", "/etc/locale.gen"),
    "localedef": ("/usr/lib/locale",),
    "update-locale": ("/etc/default/locale", "/etc/locale.conf"),
    "update-alternatives": ("/etc/alternatives", "/var/lib/dpkg", "/usr", "/var/log"),
    "fc-cache": ("/var/cache/fontconfig", "/usr/share/fonts"),
    "update-mime-database": ("/usr/share/mime",),
    "mandb": ("/var/cache/man",),
    "a2enmod": ("/etc/apache2",),
    "a2ensite": ("/etc/apache2",),
    "a2dismod": ("/etc/apache2",),
    "a2dissite": ("/etc/apache2",),
}

_RUNS_CODE = frozenset(
    {
        *("node", "nodejs", "ts-node", "tsx", "deno", "perl", "ruby", "php", "lua", "java"),
        *("make", "gmake", "cmake", "ninja", "meson", "bazel", "gcc", "g++", "cc", "c++", "clang", "rustc"),
        *("sbt", "swift", "ghc", "stack", "cabal", "rake"),
        *("pdm", "hatch", "tox", "nox", "pipenv", "pytest"),
        *("npx", "bunx", "vite", "webpack", "tsc", "gulp", "grunt", "ng", "next", "nuxt", "django-admin", "flask"),
        *("gunicorn", "uvicorn", "jupyter"),
    }
)
NAMES = frozenset(_WRITES) | _RUNS_CODE


def effects(call: Call, scope: Scope) -> Effects:
    """Return what a system program writes; opaque for one that runs code or builds what it finds."""
    if call.name in _RUNS_CODE:
        if _asks_version(call):
            return Effects(environment=closed(f"{call.name.upper()}*", "NODE_OPTIONS"), work=SHELL_WORK)
        return opaque(f"runs project code: {call}")
    writes = frozenset(Path(one, tree=True) for one in _WRITES[call.name])
    named = places(tuple(one for one in call.arguments if one.prefix.startswith("/")), scope)
    return Effects(
        reads=frozenset(SYSTEM) | writes | named,
        writes=writes | named,
        environment=closed("DEBIAN_*", "DPKG_*"),
        work=SHELL_WORK,
    )


def _asks_version(call: Call) -> bool:
    return len(call.arguments) == 1 and call.arguments[0].value in {"--version", "--help"}
