"""Downloads: curl, wget, git and gpg's key servers."""

import posixpath

from layerwise.ecosystems import names
from layerwise.ecosystems.base import fetching
from layerwise.ecosystems.call import Argument, Call, literal
from layerwise.ecosystems.effects import Effects, Path, Scope, Work, opaque
from layerwise.ecosystems.options import Options, parse, tail
from layerwise.ecosystems.places import home, located, place, places

NAMES = frozenset({"curl", "wget", "git", "gpg", "gpg2", "ssh-keyscan", "aria2c"})

_CURL_VALUED = (
    *(f"-{letter}" for letter in "AbcCdDeEFhHKmoPQrtTuUwxXyYz"),
    *("--output", "--output-dir", "--dump-header", "--cookie", "--cookie-jar", "--data", "--data-binary", "--data-raw"),
    *(
        "--data-urlencode",
        "--data-ascii",
        "--form",
        "--header",
        "--config",
        "--user-agent",
        "--user",
        "--request",
        "--url",
    ),
    *("--referer", "--proxy", "--proxy-user", "--cacert", "--capath", "--cert", "--key", "--retry", "--retry-delay"),
    *("--retry-max-time", "--max-time", "--connect-timeout", "--limit-rate", "--upload-file", "--range", "--resolve"),
    *(
        "--write-out",
        "--netrc-file",
        "--interface",
        "--max-redirs",
        "--ciphers",
        "--tls-max",
        "--time-cond",
        "--stderr",
    ),
    *(
        "--trace",
        "--trace-ascii",
        "--oauth2-bearer",
        "--aws-sigv4",
        "--json",
        "--variable",
        "--parallel-max",
        "--etag-save",
    ),
    *(
        "--etag-compare",
        "--max-filesize",
        "--speed-limit",
        "--speed-time",
        "--keepalive-time",
        "--connect-to",
        "--dns-servers",
    ),
)
_CURL_READS = ("-K", "--config", "--cacert", "--capath", "-E", "--cert", "--key", "-T", "--upload-file", "--netrc-file")
_CURL_READS_AT = (
    "-d",
    "--data",
    "--data-binary",
    "--data-urlencode",
    "-F",
    "--form",
    "-H",
    "--header",
    "-b",
    "--cookie",
    "--json",
)
_CURL_WRITES = (
    "-o",
    "--output",
    "-D",
    "--dump-header",
    "-c",
    "--cookie-jar",
    "--stderr",
    "--trace",
    "--trace-ascii",
    "--etag-save",
)
_WGET_VALUED = (
    *("-a", "-A", "-B", "-D", "-e", "-i", "-I", "-l", "-o", "-O", "-P", "-Q", "-R", "-t", "-T", "-U", "-w", "-X"),
    *("--append-output", "--output-file", "--output-document", "--directory-prefix", "--tries", "--timeout", "--wait"),
    *("--header", "--user-agent", "--user", "--password", "--post-data", "--post-file", "--body-file", "--input-file"),
    *("--ca-certificate", "--ca-directory", "--certificate", "--private-key", "--load-cookies", "--save-cookies"),
    *(
        "--waitretry",
        "--retry-on-http-error",
        "--read-timeout",
        "--connect-timeout",
        "--dns-timeout",
        "--limit-rate",
        "--progress",
    ),
    *(
        "--method",
        "--body-data",
        "--execute",
        "--config",
        "--accept",
        "--reject",
        "--level",
        "--secure-protocol",
        "--quota",
    ),
)
_WGET_WRITES = ("-o", "--output-file", "-a", "--append-output", "-O", "--output-document", "--save-cookies")
_WGET_READS = (
    "-i",
    "--input-file",
    "--post-file",
    "--body-file",
    "--ca-certificate",
    "--load-cookies",
    "--config",
    "--private-key",
)


def effects(call: Call, scope: Scope) -> Effects:
    """Return what a download writes; what it fetches may differ at each run."""
    if call.name == "git":
        return _git(call, scope)
    found = {"curl": _curl, "wget": _wget, "gpg": _gpg, "gpg2": _gpg}.get(call.name, _other)(call, scope)
    return found | Effects(
        fetches=True,
        environment=fetching("CURL_HOME", "WGETRC", "SYSTEM_WGETRC", "HTTP_HOME"),
        work=(Work("download", 1),),
        deterministic=False,
    )


def _curl(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _CURL_VALUED)
    if options.has("-K", "--config"):
        return opaque(f"curl takes options from a file: {call}")
    reads = places(options.values(*_CURL_READS), scope) | {home(scope, ".curlrc"), home(scope, ".netrc")}
    reads |= frozenset(place(_after_at(one), scope) for one in options.values(*_CURL_READS_AT) if "@" in one.text)
    directory = options.value("--output-dir")
    outputs = tuple(one for one in options.values(*_CURL_WRITES) if one.value != "-")
    writes = places(outputs, scope)
    if directory is not None or options.has("-O", "--remote-name", "--remote-name-all", "-J"):
        writes |= _into(directory or literal("."), options, scope)
    return Effects(reads=reads | _local(options.positionals, scope), writes=writes)


def _after_at(argument: Argument) -> Argument:
    return tail(argument, argument.text.index("@") + 1)


def _into(directory: Argument, options: Options, scope: Scope) -> frozenset[Path]:
    """Return the files that URLs are saved as in a directory; the directory where a name is not known."""
    if directory.value is None or options.has("-J", "--remote-header-name", "-r", "--recursive", "-m", "-p"):
        return frozenset({place(directory, scope)})
    return frozenset(path for one in options.positionals for path in _saved(directory.text, one, scope))


def _saved(directory: str, url: Argument, scope: Scope) -> frozenset[Path]:
    """Return where a URL is saved: wget keeps what follows its ``?`` in the name, curl does not."""
    whole = posixpath.basename(url.text.rstrip("/")) if url.known else ""
    names = {whole, posixpath.basename(url.text.partition("?")[0].rstrip("/")) if url.known else ""}
    return frozenset(located(posixpath.join(directory, name), scope, tree=not name) for name in names)


def _local(urls: tuple[Argument, ...], scope: Scope) -> frozenset[Path]:
    return frozenset(place(tail(one, len("file://")), scope) for one in urls if one.prefix.startswith("file://"))


def _wget(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _WGET_VALUED)
    reads = places(options.values(*_WGET_READS), scope) | {
        home(scope, ".wgetrc"),
        home(scope, ".netrc"),
        home(scope, ".wget-hsts"),
    }
    writes = places(tuple(one for one in options.values(*_WGET_WRITES) if one.value != "-"), scope)
    if not options.has("-O", "--output-document", "--spider"):
        directory = options.value("-P", "--directory-prefix") or literal(".")
        listed = options.has("-i", "--input-file")
        writes |= frozenset({place(directory, scope)}) if listed else _into(directory, options, scope)
    return Effects(reads=reads, writes=writes | {home(scope, ".wget-hsts")})


def _gpg(call: Call, scope: Scope) -> Effects:
    valued = (
        "-o",
        "--output",
        "--keyserver",
        "--homedir",
        "--keyring",
        "--recv-keys",
        "--recv-key",
        "-r",
        "--recipient",
    )
    options = parse(call.arguments, valued)
    rings = scope.environment.get("GNUPGHOME")
    keys = home(scope, ".gnupg") if "GNUPGHOME" not in scope.environment else located(rings or "", scope)
    named = places(options.values("--homedir", "--keyring"), scope)
    writes = places(options.values("-o", "--output"), scope) | named | {keys}
    return Effects(reads=places(options.positionals, scope), writes=writes)


def _other(call: Call, scope: Scope) -> Effects:
    if call.name == "ssh-keyscan":
        return Effects(reads=frozenset({home(scope, ".ssh")}))
    return Effects(reads=frozenset({located(".", scope)}), writes=frozenset({located(".", scope)}))


_GIT_VALUED = ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path")
_GIT_REPOSITORY = frozenset(
    {
        "describe",
        "log",
        "rev-parse",
        "rev-list",
        "show",
        "status",
        "diff",
        "ls-files",
        "shortlog",
        "branch",
        "tag",
        "name-rev",
        "cat-file",
    }
)
_GIT_CHANGES = frozenset(
    {
        "checkout",
        "reset",
        "pull",
        "fetch",
        "submodule",
        "apply",
        "am",
        "init",
        "lfs",
        "switch",
        "clean",
        "add",
        "commit",
        "merge",
    }
    | {"remote", "restore", "cherry-pick", "rebase", "stash", "sparse-checkout", "mv", "rm", "gc", "update-index"}
)
_CLONE_VALUED = (
    *(
        "-b",
        "--branch",
        "-o",
        "--origin",
        "-u",
        "--upload-pack",
        "-c",
        "--config",
        "-j",
        "--jobs",
        "--depth",
        "--template",
    ),
    *(
        "--reference",
        "--reference-if-able",
        "--separate-git-dir",
        "--shallow-since",
        "--shallow-exclude",
        "--filter",
        "--server-option",
    ),
)


def _git(call: Call, scope: Scope) -> Effects:
    options = parse(call.arguments, _GIT_VALUED, until_positional=True)
    environment = fetching(*names.group("git"))
    settings = Effects(
        reads=frozenset({home(scope, ".gitconfig"), home(scope, ".config/git")}), environment=environment
    )
    if not options.positionals or options.positionals[0].value is None:
        return settings if options.has("--version") else opaque(f"git with arguments that are not known: {call}")
    verb, rest = options.positionals[0].text, options.positionals[1:]
    where = _git_directory(options, scope)
    if verb == "clone":
        return settings | _clone(rest, scope)
    if verb == "config":
        return settings | _git_config(rest, where, scope)
    if verb in _GIT_REPOSITORY:
        return settings | Effects(
            reads=where,
            needs_source=(f"reads the repository's .git: {call}",),
            work=(Work("shell"),),
            deterministic=True,
        )
    if verb in _GIT_CHANGES:
        return settings | Effects(
            reads=where, writes=where, fetches=True, work=(Work("download", 1),), deterministic=False
        )
    return opaque(f"layerwise does not know what git {verb} does")


def _git_directory(options: Options, scope: Scope) -> frozenset[Path]:
    """Return the work tree and the directories above it, where git looks for .git."""
    named = places(options.values("-C", "--git-dir", "--work-tree"), scope) or frozenset({located(".", scope)})
    above: set[Path] = set()
    for one in named:
        path = one.path
        while path != "/":
            path = posixpath.dirname(path)
            above.add(Path(posixpath.join(path, ".git"), tree=True))
    return named | above


def _clone(rest: tuple[Argument, ...], scope: Scope) -> Effects:
    options = parse(rest, _CLONE_VALUED)
    url, *into = options.positionals or (literal(""),)
    name = posixpath.basename(url.text.rstrip("/")).removesuffix(".git") if url.value else ""
    target = place(into[0], scope) if into else located(name or ".", scope)
    remote = "://" in url.text or ":" in url.text
    reads = frozenset[Path]() if remote else frozenset({place(url, scope)})
    return Effects(
        reads=reads, writes=frozenset({target}), fetches=True, work=(Work("download", 1),), deterministic=False
    )


def _git_config(rest: tuple[Argument, ...], where: frozenset[Path], scope: Scope) -> Effects:
    options = parse(rest, ("-f", "--file"))
    if options.has("--global"):
        return Effects(writes=frozenset({home(scope, ".gitconfig"), home(scope, ".config/git")}), work=(Work("shell"),))
    if options.has("--system"):
        return Effects(writes=frozenset({Path("/etc/gitconfig")}), work=(Work("shell"),))
    files = places(options.values("-f", "--file"), scope) or where
    return Effects(reads=files, writes=files, work=(Work("shell"),))
