"""Archives and compression: tar, unzip, gzip and their kin."""

import posixpath

from layerwise.ecosystems.base import closed
from layerwise.ecosystems.call import Argument, Call, literal
from layerwise.ecosystems.effects import EVERYWHERE, Effects, Path, Scope, Work, opaque
from layerwise.ecosystems.options import parse
from layerwise.ecosystems.places import located, place, places

_COMPRESSORS = (
    "gzip",
    "gunzip",
    "bzip2",
    "bunzip2",
    "xz",
    "unxz",
    "lzma",
    "unlzma",
    "zstd",
    "unzstd",
    "lz4",
    "zcat",
    "xzcat",
)
_VARIABLES = {
    "tar": ("TAR_OPTIONS", "TAPE", "RSH", "TAR_LONGLINK_100"),
    "bsdtar": ("TAR_READER_OPTIONS", "TAR_WRITER_OPTIONS"),
    "unzip": ("UNZIP", "UNZIPOPT", "ZIPINFO", "ZIPINFOOPT"),
    "zip": ("ZIP", "ZIPOPT"),
}
_OF_COMPRESSORS = ("GZIP", "XZ_DEFAULTS", "XZ_OPT", "BZIP", "BZIP2", "ZSTD_CLEVEL", "ZSTD_NBTHREADS")
NAMES = frozenset({"tar", "bsdtar", "unzip", "zip", "7z", "7za", "bzcat", *_COMPRESSORS})

_TAR_VALUED = (
    *("-f", "-C", "-T", "-X", "-I", "-b", "-g", "-H", "-K", "-L", "-N", "-V", "-F"),
    *("--file", "--directory", "--files-from", "--exclude-from", "--use-compress-program", "--exclude", "--transform"),
    *("--strip-components", "--owner", "--group", "--mode", "--mtime", "--sort", "--xform", "--format", "--to-command"),
    *("--checkpoint-action", "--newer", "--starting-file", "--wildcards-match-slash"),
)
_RUNS = ("--to-command", "--checkpoint-action", "-F", "--info-script", "--rsh-command", "--rmt-command")


def effects(call: Call, scope: Scope) -> Effects:
    """Return what is packed or unpacked, and where."""
    if call.name in {"tar", "bsdtar"}:
        found = _tar(call, scope)
    elif call.name in {"unzip", "7z", "7za"}:
        found = _unzip(call, scope)
    elif call.name == "zip":
        options = parse(call.arguments)
        found = Effects(reads=places(options.positionals[1:], scope), writes=places(options.positionals[:1], scope))
    else:
        found = _compress(call, scope)
    environment = closed(*_VARIABLES.get(call.name, ()), *_OF_COMPRESSORS)
    return found | Effects(reads=found.writes, environment=environment, work=(Work("archive.extract", 1),))


def _tar(call: Call, scope: Scope) -> Effects:
    options = parse(_dashed(call.arguments), _TAR_VALUED)
    if options.has(*_RUNS):
        return opaque(f"tar runs a command: {call}")
    directories = options.values("-C", "--directory") or (literal("."),)
    archives = tuple(one for one in options.values("-f", "--file") if one.value != "-")
    lists = places(options.values("-T", "--files-from", "-X", "--exclude-from"), scope, tree=False)
    if options.has("-x", "--extract", "--get"):
        absolute = options.has("-P", "--absolute-names")
        writes = frozenset({EVERYWHERE}) if absolute else places(directories, scope)
        return Effects(reads=places(archives, scope, tree=False) | lists, writes=writes)
    if options.has("-t", "--list"):
        return Effects(reads=places(archives, scope, tree=False) | lists)
    listed = frozenset({EVERYWHERE}) if options.has("-T", "--files-from") else frozenset[Path]()
    packed = _within(directories, options.positionals, scope)
    return Effects(reads=packed | lists | listed, writes=places(archives, scope, tree=False))


def _within(directories: tuple[Argument, ...], members: tuple[Argument, ...], scope: Scope) -> frozenset[Path]:
    """Return the trees that members of an archive come from, absolute or below the directories."""
    return places(directories, scope) | places(members, scope)


def _dashed(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Return tar's old style (``tar xzf FILE``) in the new one: each letter takes its value in turn."""
    if not arguments or arguments[0].prefix.startswith("-") or not arguments[0].prefix.isalpha():
        return arguments
    rest = list(arguments[1:])
    found: list[Argument] = []
    for letter in arguments[0].text:
        found.append(literal(f"-{letter}"))
        if f"-{letter}" in _TAR_VALUED and rest:
            found.append(rest.pop(0))
    return (*found, *rest)


def _unzip(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, ("-d", "-x", "-P") if call.name == "unzip" else ())
    archives = options.positionals[:1] if call.name == "unzip" else options.positionals[1:2]
    directories = options.values("-d") or _joined(call) or (literal("."),)
    return Effects(reads=places(archives, scope, tree=False), writes=places(directories, scope))


def _joined(call: Call) -> tuple[Argument, ...]:
    """Return the directory of 7z's ``-oDIR``."""
    if call.name == "unzip":
        return ()
    return tuple(
        Argument(one.text[2:], one.known, one.prefix[2:], one.glob)
        for one in call.arguments
        if one.prefix.startswith("-o")
    )


def _compress(call: Call, scope: Scope) -> Effects:
    """Compress or expand a file beside itself: name.gz and name."""
    options = parse(call.arguments, ("-S", "--suffix", "-T", "--threads", "-o"))
    reads = places(options.positionals, scope)
    if options.has("-c", "--stdout", "--to-stdout", "-t", "--test", "-l", "--list") or call.name.endswith("cat"):
        return Effects(reads=reads)
    writes = {place(one, scope) for one in options.values("-o")}
    for one in options.positionals:
        writes.add(place(one, scope) if one.value is None else located(posixpath.dirname(one.text) or ".", scope))
    return Effects(reads=reads, writes=frozenset(writes))
