"""The options of a build's command line, for each program that builds.

As in the references of docker build, buildx build, podman-build, buildah-build and kaniko's executor. An option that
is on no list is taken to have a value, as most of them do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from layerwise.invocation.invocation import is_remote, unresolved
from layerwise.invocation.shell import Argument


@dataclass(frozen=True, slots=True)
class Grammar:
    """The options of one program: its letters and its other names by plain name, and what takes no value."""

    switches: frozenset[str]
    letters: dict[str, str]
    same: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line gives, by the long names of ``docker build``."""

    given: tuple[tuple[str, Argument], ...]
    plain: tuple[Argument, ...]

    def arguments(self, name: str) -> tuple[Argument, ...]:
        """Return the values of a repeatable option with their lines."""
        return tuple(argument for given, argument in self.given if given == name)

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of a repeatable option."""
        return tuple(argument.text for argument in self.arguments(name))

    def last(self, name: str) -> str | None:
        """Return the value that counts of an option given twice, None where it is absent or empty."""
        return next(reversed(self.all(name)), None) or None

    def context(self) -> str:
        """Return the build context: the last word that is no option, unexpanded options passed over."""
        words = [argument.text for argument in self.plain]
        known = [word for word in words if not unresolved(word) or is_remote(word) or "/" in word]
        return (self.last("context") or next(reversed(known or words), ".")).removeprefix("dir://")


def read(words: tuple[Argument, ...], grammar: Grammar) -> Options:
    """Split the words after the sub-command into options and the rest."""
    left = iter(words)
    found = tuple(pair for word in left for pair in _option(word, left, grammar))
    return Options(
        tuple((name, argument) for name, argument in found if name),
        tuple(argument for name, argument in found if not name),
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON_SWITCHES = _names(
    "check compress debug disable-content-trust force-rm help load no-cache print pull push quiet rm squash stream"
)
_PODMAN_SWITCHES = _names(
    "all-platforms layers no-hostname no-hosts omit-history pull-always pull-never skip-unused-stages squash-all"
    " stdin tls-verify"
)
_KANIKO_SWITCHES = _names(
    "cache cache-copy-layers cache-run-layers cleanup compressed-caching force ignore-var-run insecure insecure-pull"
    " no-push no-push-cache push-ignore-immutable-tag-errors reproducible single-snapshot skip-push-permission-check"
    " skip-tls-verify skip-tls-verify-pull skip-unused-stages use-new-run"
)
DOCKER = Grammar(
    letters={"f": "file", "t": "tag", "o": "output", "m": "memory", "c": "cpu-shares"},
    same={},
    switches=_COMMON_SWITCHES | _PODMAN_SWITCHES,
)
KANIKO = Grammar(
    letters={"f": "file", "c": "context", "d": "tag"},
    same={
        "dockerfile": "file",
        "destination": "tag",
        "custom-platform": "platform",
        "customPlatform": "platform",
        "cache-repo": "cache-to",
    },
    switches=_KANIKO_SWITCHES,
)
_LETTER_SWITCHES = "qDh"


def _option(word: Argument, left: Iterator[Argument], grammar: Grammar) -> Iterator[tuple[str, Argument]]:
    """Yield the option that a word is, with its value from the next word where it needs one; "" for a plain word."""
    text = word.text
    if text == "-" or not text.startswith("-"):
        yield "", word
    elif text.startswith("--"):
        name, given, value = text[2:].partition("=")
        plain = grammar.same.get(name, name)
        if given:
            yield plain, Argument(value, word.line, word.open.partition("=")[2])
        elif name in grammar.switches:
            yield plain, Argument("true", word.line, "true")
        elif name and (follows := next(left, None)):
            yield plain, follows
    else:
        yield from _short_option(word, left, grammar)


def _short_option(word: Argument, left: Iterator[Argument], grammar: Grammar) -> Iterator[tuple[str, Argument]]:
    letters = word.text[1:].lstrip(_LETTER_SWITCHES)
    name = grammar.letters.get(letters[:1])
    if name is None:
        return
    if value := letters[1:].removeprefix("="):
        yield name, Argument(value, word.line, value)
    elif follows := next(left, None):
        yield name, follows
