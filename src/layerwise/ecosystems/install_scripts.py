"""Install scripts of third-party npm packages: which read the project, and which are known to keep to themselves."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

# As the packages' own install scripts do: they look for a schema, a configuration or hooks from the directory of the
# install upwards.
_READS_PROJECT = {
    "@angular/cli": "looks for angular.json",
    "@prisma/client": "generates its client from the project's schema",
    "husky": "installs hooks into .git",
    "lefthook": "installs hooks into .git",
    "msw": "writes its worker into the project",
    "nx": "looks for nx.json",
    "pre-commit": "installs hooks into .git",
    "puppeteer": "looks for the project's configuration",
    "simple-git-hooks": "installs hooks into .git",
    "yorkie": "installs hooks into .git",
}
# They compile or fetch their own binary, or print a line.
_OWN = """
@apollo/protobufjs @biomejs/biome @nestjs/core @parcel/watcher @scarf/scarf @sentry/cli @swc/core
@tailwindcss/oxide argon2 bcrypt better-sqlite3 bufferutil canvas core-js core-js-pure cpu-features
deasync electron es5-ext esbuild fsevents iltorb keytar leveldown libpq microtime node-expat node-sass
nodemon protobufjs re2 sharp sodium-native spawn-sync sqlite3 ssh2 styled-components unrs-resolver
utf-8-validate vue-demi
"""
_FEW = 3


def judged(lock: Mapping[str, Any] | None, lock_path: str | None, names: Collection[str]) -> tuple[str, str]:
    """Return why the install scripts need the source, and else what they leave in doubt; "" for neither.

    Args:
        lock: The lock as read; ``packages``, since lock version 2, tells which packages have an install script.
        lock_path: Where it lies.
        names: The dependencies named by package.json, lower case.
    """
    packages = lock.get("packages") if lock else None
    if not isinstance(packages, dict) or not packages:
        untold = f"{lock_path} does not say" if lock_path else "no lock says"
        return _reason(sorted(names)), f"{untold} which packages run an install script" if names else ""
    scripted = sorted(
        {
            name.rpartition("node_modules/")[2].lower()
            for name, entry in packages.items()
            if name and isinstance(entry, dict) and entry.get("hasInstallScript")
        }
    )
    own = _OWN.split()
    doubtful = [name for name in scripted if name not in own]
    return _reason(scripted), f"{_some(doubtful)} runs an install script" if doubtful else ""


def _reason(names: Iterable[str]) -> str:
    return "; ".join(f"the install script of {one} {_READS_PROJECT[one]}" for one in names if one in _READS_PROJECT)


def _some(names: list[str]) -> str:
    rest = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {rest} more" if rest > 0 else "")
