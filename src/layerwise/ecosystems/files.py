"""Commands that make, move, change and remove files: coreutils and their like."""

import posixpath
from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, closed
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import Effects, Path, Scope, Work
from layerwise.ecosystems.options import Options, parse
from layerwise.ecosystems.places import located, place, places

# Variables that coreutils document beyond those of every program (info coreutils).
_VARIABLES = ("SIMPLE_BACKUP_SUFFIX", "VERSION_CONTROL", "TABSIZE")

_VALUED: dict[str, tuple[str, ...]] = {
    "mkdir": ("-m", "--mode"),
    "mkfifo": ("-m", "--mode"),
    "cp": ("-t", "--target-directory", "-S", "--suffix"),
    "mv": ("-t", "--target-directory", "-S", "--suffix"),
    "ln": ("-t", "--target-directory", "-S", "--suffix"),
    "install": ("-t", "--target-directory", "-S", "--suffix", "-m", "--mode", "-o", "--owner", "-g", "--group"),
    "touch": ("-d", "--date", "-r", "--reference", "-t"),
    "truncate": ("-s", "--size", "-r", "--reference"),
    "chown": ("--from", "--reference"),
    "rsync": ("-e", "--exclude", "--include", "--exclude-from", "-f", "--filter", "--chown", "--chmod"),
    "mktemp": ("-p", "--suffix"),
    "shred": ("-n", "-s"),
}


def effects(call: Call, scope: Scope) -> Effects:
    """Return the paths that a file command reads and writes."""
    options = parse(call.arguments, _VALUED.get(call.name, ()))
    found = _COMMANDS[call.name](options, scope)
    # What is written is read too: whether it exists decides what happens.
    return Effects(
        reads=found.reads | found.writes,
        writes=found.writes,
        removes=found.removes,
        fetches=found.fetches,
        environment=closed(*_VARIABLES),
        work=found.work or SHELL_WORK,
        deterministic=found.deterministic,
    )


def _made(options: Options, scope: Scope) -> Effects:
    """Make directories; ``-p`` makes those above them too."""
    writes = places(options.positionals, scope)
    if options.has("-p", "--parents"):
        writes |= frozenset(Path(parent) for path in writes for parent in _above(path.path))
    return Effects(writes=writes)


def _above(path: str) -> list[str]:
    parents: list[str] = []
    while (path := posixpath.dirname(path)) != "/":
        parents.append(path)
    return parents


def _changed(options: Options, scope: Scope) -> Effects:
    """Remove or change what the arguments name, and what lies below."""
    return Effects(writes=places(options.positionals, scope))


def _removed(options: Options, scope: Scope) -> Effects:
    """Remove what the arguments name, as far as they name it: of a glob only that of everything in a directory."""
    sure = tuple(one for one in options.positionals if one.value is not None or one.text == f"{one.prefix}*")
    whole = tuple(one for one in sure if one.value is not None or one.prefix.endswith("/"))
    return replace(_changed(options, scope), removes=places(whole, scope))


def _owned(options: Options, scope: Scope) -> Effects:
    """Change owner or mode: the first argument says to what, unless a file shows it."""
    reference = options.values("--reference")
    rest = options.positionals if reference else options.positionals[1:]
    tree = options.has("-R", "--recursive")
    writes = places(rest, scope, tree=tree)
    return Effects(places(reference, scope, tree=False), writes, work=(Work("files.change"),) if tree else ())


def _touched(options: Options, scope: Scope) -> Effects:
    """Make files or change their times."""
    return Effects(
        reads=places(options.values("-r", "--reference"), scope, tree=False),
        writes=places(options.positionals, scope, tree=False),
    )


def _target(options: Options) -> tuple[tuple[Argument, ...], tuple[Argument, ...]]:
    """Return sources and destination of cp and its kin."""
    directory = options.values("-t", "--target-directory")
    if directory:
        return options.positionals, directory
    return options.positionals[:-1], options.positionals[-1:]


def _copied(options: Options, scope: Scope) -> Effects:
    sources, destination = _target(options)
    return Effects(reads=places(sources, scope), writes=places(destination, scope))


def _moved(options: Options, scope: Scope) -> Effects:
    return Effects(
        writes=places(options.positionals, scope) | places(options.values("-t", "--target-directory"), scope)
    )


def _linked(options: Options, scope: Scope) -> Effects:
    """Make links; a single argument is linked into the working directory."""
    sources, destination = _target(options)
    if not sources and destination:
        name = posixpath.basename(destination[0].text.rstrip("/"))
        made = located(name, scope) if destination[0].value and name else located(".", scope)
        return Effects(reads=places(destination, scope, tree=False), writes=frozenset({made}))
    # The target of a symbolic link need not exist; a hard link reads it.
    reads = frozenset[Path]() if options.has("-s", "--symbolic") else places(sources, scope)
    return Effects(reads=reads, writes=places(destination, scope))


def _installed(options: Options, scope: Scope) -> Effects:
    return _made(options, scope) if options.has("-d", "--directory") else _copied(options, scope)


def _synchronised(options: Options, scope: Scope) -> Effects:
    """Copy with rsync; a colon in front of the first slash is another machine."""
    found = _moved(options, scope) if options.has("--remove-source-files") else _copied(options, scope)
    remote = any(":" in one.text.partition("/")[0] for one in options.positionals)
    return Effects(found.reads, found.writes, fetches=remote, deterministic=not remote)


def _temporary(options: Options, scope: Scope) -> Effects:
    """Make a file of random name."""
    directory = options.value("-p", "--tmpdir")
    writes = {Path("/tmp", tree=True)} if directory is None else {place(directory, scope)}  # noqa: S108  # mktemp's default
    if options.positionals:
        writes.add(
            place(Argument(options.positionals[0].text, known=False, prefix=options.positionals[0].prefix), scope)
        )
    return Effects(writes=frozenset(writes), deterministic=False)


def _converted(options: Options, scope: Scope) -> Effects:
    """Copy with dd: ``if=`` and ``of=``."""
    given = [(one, one.text.partition("=")) for one in options.positionals]
    reads = frozenset(located(value, scope, tree=False) for _, (key, _, value) in given if key == "if")
    writes = frozenset(located(value, scope, tree=False) for _, (key, _, value) in given if key == "of")
    if any(one.value is None for one, _ in given):
        return Effects(writes=frozenset({Path("/", tree=True)}))
    return Effects(reads=reads, writes=writes)


_COMMANDS: dict[str, Callable[[Options, Scope], Effects]] = {
    **dict.fromkeys(("mkdir", "mkfifo"), _made),
    **dict.fromkeys(("rm", "rmdir", "unlink"), _removed),
    **dict.fromkeys(("shred", "setcap", "setfacl", "chattr", "strip"), _changed),
    **dict.fromkeys(("chmod", "chown", "chgrp"), _owned),
    **dict.fromkeys(("touch", "truncate"), _touched),
    "cp": _copied,
    "mv": _moved,
    "ln": _linked,
    "install": _installed,
    "rsync": _synchronised,
    "mktemp": _temporary,
    "dd": _converted,
}
NAMES = frozenset(_COMMANDS)
