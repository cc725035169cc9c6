"""Commands that print, search and compare: what they read, and the few that write."""

import re
from collections.abc import Callable
from dataclasses import replace

from layerwise.ecosystems.base import SHELL_WORK, closed
from layerwise.ecosystems.call import Argument, Call
from layerwise.ecosystems.effects import Effects, Environment, Openness, Path, Scope, opaque
from layerwise.ecosystems.emptying import emptied
from layerwise.ecosystems.options import parse
from layerwise.ecosystems.places import located, place, places
from layerwise.ecosystems.sed import sed_is_plain
from layerwise.ecosystems.wrappers import starts

_VARIABLES = (
    "GREP_COLORS",
    "GREP_COLOR",
    "GREP_OPTIONS",
    "COLS",
    "LS_COLORS",
    "TIME_STYLE",
    "QUOTING_STYLE",
    "FIND_BLOCK_SIZE",
)

_SILENT = frozenset(
    {
        *("echo", "printf", "true", "false", ":", "seq", "sleep", "yes", "tr", "basename", "dirname", "expr", "id"),
        *("whoami", "groups", "hostname", "uname", "nproc", "getconf", "arch", "tty", "getent", "locale", "logname"),
        *("users", "uptime", "free", "sync", "clear", "reset", "ps", "which", "whereis", "pgrep", "kill", "pwd"),
    }
)
_READING = frozenset(
    {
        *("cat", "tac", "head", "tail", "nl", "wc", "cut", "paste", "sort", "uniq", "rev", "fold", "fmt", "column"),
        *("comm", "diff", "cmp", "od", "hexdump", "xxd", "strings", "file", "stat", "ls", "du", "df", "readlink"),
        *("realpath", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum", "cksum"),
        *("base64", "base32", "expand", "unexpand", "join", "tsort", "getcap", "getfacl", "lsattr", "ldd", "nm"),
        *("readelf", "less", "more", "jq", "yq", "dos2unix", "unix2dos", "find", "grep", "egrep", "fgrep"),
    }
)
_SPECIAL = frozenset(
    {"sed", "awk", "gawk", "mawk", "tee", "test", "[", "date", "printenv", "envsubst", "env", "split", "csplit"}
)
NAMES = _SILENT | _READING | _SPECIAL

_VALUED: dict[str, tuple[str, ...]] = {
    "head": ("-n", "-c", "--lines", "--bytes"),
    "tail": ("-n", "-c", "--lines", "--bytes"),
    "cut": ("-d", "-f", "-c", "-b", "--delimiter", "--fields", "--characters", "--bytes"),
    "sort": ("-k", "-t", "-o", "-S", "-T", "--key", "--field-separator", "--output"),
    "stat": ("-c", "-f", "--format", "--printf"),
    "du": ("-d", "--max-depth", "--exclude"),
    "base64": ("-w", "--wrap"),
    "jq": ("-f", "--from-file", "--indent"),
    "yq": ("-p", "-o", "-I"),
    "comm": (),
}
_GREP_VALUED = (
    "-e",
    "-f",
    "-m",
    "-A",
    "-B",
    "-C",
    "-d",
    "-D",
    "--regexp",
    "--file",
    "--max-count",
    "--include",
    "--exclude",
)
_DIGEST = re.compile(r"(md5|sha\d+|b2|ck)sum")
_CHANGES_FILES = frozenset({"dos2unix", "unix2dos"})


def effects(call: Call, scope: Scope) -> Effects:
    """Return what a text command reads and, where it does, writes."""
    handler = _HANDLERS.get(call.name)
    if handler is not None:
        found = handler(call, scope)
    elif call.name in _SILENT:
        found = Effects(deterministic=call.name not in {"hostname", "uname", "uptime", "free", "ps"})
    else:
        found = _read(call, scope)
    if found.opaque:
        return found
    return found | Effects(environment=closed(*_VARIABLES), work=SHELL_WORK)


def _read(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _VALUED.get(call.name, ()))
    reads = places(tuple(one for one in options.positionals if one.value != "-"), scope)
    if not reads and call.name in {"ls", "du", "df"}:
        reads = frozenset({located(".", scope)})
    if _DIGEST.fullmatch(call.name) and options.has("-c", "--check"):
        reads |= {located(".", scope)}  # the files listed, relative ones
    writes = places(options.values("-o", "--output") if call.name == "sort" else (), scope, tree=False)
    if call.name == "uniq":
        writes |= places(options.positionals[1:], scope, tree=False)
    if call.name in _CHANGES_FILES:
        writes |= reads
    return Effects(reads=reads, writes=writes)


_JQ_ASKS = re.compile(r"env|include|import|\bload", re.IGNORECASE)


def _jq(call: Call, scope: Scope) -> Effects:
    """The first argument is a program, which may look at the environment or at other modules."""
    options = parse(call.arguments, _VALUED[call.name])
    program, *rest = options.positionals or (Argument("", known=False),)
    if options.has("-f", "--from-file", "-L") or program.value is None or _JQ_ASKS.search(program.text):
        return replace(_read(call, scope), environment=Environment(Openness.OPEN))
    reads = places(tuple(rest), scope)
    return Effects(reads=reads, writes=reads if options.has("-i", "--inplace") else frozenset())


def _grep(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _GREP_VALUED)
    patterned = options.has("-e", "-f", "--regexp", "--file")
    rest = options.positionals if patterned else options.positionals[1:]
    recursive = options.has("-r", "-R", "--recursive") and not rest
    reads = places(rest, scope) | places(options.values("-f", "--file"), scope)
    return Effects(reads=reads | {located(".", scope)} if recursive else reads)


def _find(call: Call, scope: Scope) -> Effects:
    """What find itself reads and removes; the commands it runs are counted beside it."""
    roots = places(starts(call), scope)
    words = {one.value for one in call.arguments}
    writes = roots if "-delete" in words else frozenset[Path]()
    for option, target in zip(call.arguments, call.arguments[1:], strict=False):
        if option.value in {"-fprint", "-fprintf", "-fls", "-fprint0"}:
            writes |= {place(target, scope)}
    return Effects(reads=roots, writes=writes, emptied=emptied(call, scope))


def _sed(call: Call, scope: Scope) -> Effects:
    options = parse(_without_suffix(call.arguments), ("-e", "--expression", "-f", "--file", "-l"))
    scripts = options.values("-e", "--expression")
    rest = options.positionals
    if options.has("-f", "--file"):
        return opaque(f"sed runs a script from a file: {call}")
    if not scripts:
        scripts, rest = rest[:1], rest[1:]
    if not all(one.text and sed_is_plain(one.text) for one in scripts):
        return opaque(f"sed runs or writes what its script says: {call}")
    reads = places(rest, scope)
    return Effects(reads=reads, writes=reads if options.has("-i", "--in-place") else frozenset())


def _without_suffix(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """Return the arguments with ``-i.bak`` as ``-i``: letters behind the i are a suffix, not options."""
    return tuple(
        Argument("-i", prefix="-i") if re.fullmatch(r"-i[^=]+", one.text) and one.text[1] == "i" else one
        for one in arguments
    )


_AWK_ACTS = re.compile(r"system|getline|ENVIRON|>|\||@|close|fflush")


def _awk(call: Call, scope: Scope) -> Effects:
    options = parse(
        call.arguments, ("-F", "-v", "-f", "--field-separator", "--assign", "--file"), until_positional=True
    )
    if options.has("-f", "--file") or not options.positionals:
        return opaque(f"awk runs a script from a file: {call}")
    program, *rest = options.positionals
    if program.value is None and not program.prefix:
        return opaque("awk runs a script that is not known")
    if _AWK_ACTS.search(program.text):
        return opaque(f"awk runs or writes what its script says: {call}")
    return Effects(reads=places(tuple(rest), scope), environment=closed("AWKPATH", "AWKLIBPATH", "GAWK_*", "AWK*"))


def _tee(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments)
    paths = places(options.positionals, scope, tree=False)
    return Effects(reads=paths, writes=paths)


def _test(call: Call, scope: Scope) -> Effects:
    """A word behind an operator such as ``-f`` names a file."""
    found: set[Path] = set()
    for operator, operand in zip(call.arguments, call.arguments[1:], strict=False):
        if (
            operator.value
            and re.fullmatch(r"-[a-hkprstuwxGLNOS]|-nt|-ot|-ef", operator.value)
            and operator.value != "-t"
        ):
            # -a is a test of files and a conjunction
            found |= set() if operand.prefix.startswith("-") else {place(operand, scope, tree=False)}
    if any(one.value in {"-nt", "-ot", "-ef"} for one in call.arguments):
        found |= places(call.arguments, scope, tree=False)
    return Effects(reads=frozenset(found))


def _date(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, ("-d", "--date", "-r", "--reference", "-f", "--file", "-s", "--set"))
    files = options.values("-r", "--reference", "-f", "--file")
    return Effects(reads=places(files, scope), deterministic=bool(files or options.has("-d", "--date")))


def _printenv(call: Call, _scope: Scope) -> Effects:
    options = parse(call.arguments)
    if not options.positionals or any(one.value is None for one in options.positionals):
        return Effects(environment=Environment(Openness.OPEN))
    return Effects(environment=closed(*(one.text for one in options.positionals)))


def _open(_call: Call, _scope: Scope) -> Effects:
    return Effects(environment=Environment(Openness.OPEN))


def _split(call: Call, scope: Scope) -> Effects:
    here = frozenset({located(".", scope)})
    return Effects(reads=places(call.arguments, scope) | here, writes=here)


_HANDLERS: dict[str, Callable[[Call, Scope], Effects]] = {
    **dict.fromkeys(("jq", "yq"), _jq),
    **dict.fromkeys(("grep", "egrep", "fgrep"), _grep),
    **dict.fromkeys(("awk", "gawk", "mawk"), _awk),
    **dict.fromkeys(("test", "["), _test),
    **dict.fromkeys(("envsubst", "env"), _open),
    **dict.fromkeys(("split", "csplit"), _split),
    "find": _find,
    "sed": _sed,
    "tee": _tee,
    "date": _date,
    "printenv": _printenv,
}
