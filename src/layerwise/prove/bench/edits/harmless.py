"""Changes a file's bytes and nothing of what it means: a comment in its own language, else blanks at its end.

Manifests and lock files stay valid. Those of which a tool compares the text with the one it would write itself
(``bun.lockb``, ``Gemfile.lock``, yarn's of version 2 and later) are left alone.
"""

import posixpath
import re
import zlib
from typing import TypeAlias

_Comment: TypeAlias = tuple[str, str]
"""What opens and closes it."""

_HASH, _SLASHES, _DASHES = ("# ", ""), ("// ", ""), ("-- ", "")
_SEMICOLON, _PERCENT, _BLOCK, _MARKUP = ("; ", ""), ("% ", ""), ("/* ", " */"), ("<!-- ", " -->")


def _of(comment: _Comment, suffixes: str) -> dict[str, _Comment]:
    return dict.fromkeys(suffixes.split(), comment)


_BY_SUFFIX = {
    **_of(
        _HASH,
        "bash cfg cmake conf cr env ex exs fish gemspec gql graphql hcl in jl ksh mk nix pl pm po properties ps1 py pyi"
        " pyx r rake rb ru sh tcl tf tfvars toml txt yaml yml zsh",
    ),
    **_of(
        _SLASHES,
        "c cc cjs cpp cs cts cu cue cxx dart go gradle groovy h hh hpp java js jsx kt kts less mjs mod mts proto"
        " rs sass scala scss sol swift ts tsx v zig",
    ),
    **_of(_DASHES, "elm hs lua sql"),
    **_of(_SEMICOLON, "asm clj cljs edn el lisp scm"),
    **_of(_PERCENT, "erl hrl tex"),
    **_of(_BLOCK, "css"),
    **_of(
        _MARKUP,
        "csproj fsproj htm html markdown md nuspec props svelte svg targets vbproj vue xhtml xml xsd xsl",
    ),
}
_BY_NAME = {
    **_of(_HASH, "cargo.lock containerfile dockerfile gemfile gradlew makefile mix.lock mvnw pipfile poetry.lock"),
    **_of(_HASH, "pdm.lock pixi.lock podfile.lock pubspec.lock rakefile uv.lock yarn.lock gradle.lockfile"),
    **_of(_HASH, ".bazelrc .dockerignore .env .gitignore .npmrc .yarnrc"),
    **_of(_SLASHES, "jenkinsfile"),
}
_AS_THEY_ARE = frozenset({"bun.lockb", "gemfile.lock", "maven.config"})
_BERRY = re.compile(rb"^__metadata:", re.MULTILINE)
_PHP = re.compile(rb"<\?php(?=\s)")
_BITS = 32


def changed(path: str, content: bytes, token: str) -> bytes | None:
    """Return a file's content with a change that is new for each token; None where none is known to be harmless.

    Args:
        path: Its path, whose name says what it is.
        content: Its bytes.
        token: Of letters, digits and dashes.
    """
    name = posixpath.basename(path).lower()
    if name in _AS_THEY_ARE or b"\0" in content or _is_berry(name, content):
        return None
    if name.endswith(".php"):
        opened = _PHP.sub(lambda found: found[0] + f" /* {token} */".encode(), content, count=1)
        return opened if opened != content else None
    end = b"\r\n" if b"\r\n" in content else b"\n"
    comment = _comment(name, content)
    if comment is None:
        return content.rstrip(b"\r\n") + _blanks(token).encode() + end
    between = end if content and not content.endswith(b"\n") else b""
    return content + between + f"{comment[0]}{token}{comment[1]}".encode() + end


def _comment(name: str, content: bytes) -> _Comment | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    suffix = name.rpartition(".")[2] if "." in name.lstrip(".") else ""
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if content.startswith(b"#!"):
        return _HASH
    return _MARKUP if content.lstrip().startswith(b"<") else None


def _is_berry(name: str, content: bytes) -> bool:
    return name == "yarn.lock" and _BERRY.search(content) is not None


def _blanks(token: str) -> str:
    """Return spaces and tabs that stand for a token: JSON, go.sum and files of one plain value may end with them."""
    number = zlib.crc32(token.encode())
    return "".join(" \t"[number >> bit & 1] for bit in range(_BITS))
