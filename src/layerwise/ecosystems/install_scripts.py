"""Install scripts of third-party npm packages: which read the project, and which are known to keep to themselves."""

from collections.abc import Collection, Iterable

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


def judged(scripted: Collection[str] | None, named: Collection[str], untold: str) -> tuple[str, str]:
    """Return why the install scripts need the source, and else what they leave in doubt; "" for neither.

    Args:
        scripted: The packages known to have one that runs, lower case; None where that is not known.
        named: The packages that are known to be installed, lower case.
        untold: Why it is not known which of them have one, as the start of a sentence.
    """
    if scripted is None:
        return _reason(sorted(named)), f"{untold} which packages run an install script" if named else ""
    own = _OWN.split()
    doubtful = sorted(set(scripted).difference(own))
    return _reason(sorted(scripted)), f"{_some(doubtful)} runs an install script" if doubtful else ""


def _reason(names: Iterable[str]) -> str:
    return "; ".join(f"the install script of {one} {_READS_PROJECT[one]}" for one in names if one in _READS_PROJECT)


def _some(names: list[str]) -> str:
    rest = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {rest} more" if rest > 0 else "")
