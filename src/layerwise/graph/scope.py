"""The variables in force at one line of a stage, with what each value depends on.

ENV and ARG share one list in textual order, as BuildKit keeps it: the later line wins whatever it is, and setting a
name again moves it to the end (both change the key of every RUN below).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from layerwise.syntax import variables

PLATFORM_ARGUMENTS = (
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETSTAGE",
)
"""Arguments that BuildKit defines for every build; a stage sees one only after declaring it."""

NOT_IN_ENVIRONMENT = frozenset({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"})
"""Arguments that BuildKit reads itself and keeps out of a RUN's environment (``nonEnvArgs`` in convert.go)."""


class Value(NamedTuple):
    """A variable's value.

    Attributes:
        text: The value; ``<NAME>`` in angle quotes stands for a part that is not known.
        origins: What it depends on, in the words of ``Step.origins``.
        known: Whether ``text`` is the whole truth.
    """

    text: str
    origins: frozenset[str] = frozenset()
    known: bool = True


def unknown(name: str, origins: frozenset[str]) -> Value:
    """Return a value that somebody passes but that is not known here."""
    return Value(f"\N{LEFT-POINTING ANGLE BRACKET}{name}\N{RIGHT-POINTING ANGLE BRACKET}", origins, known=False)


@dataclass(slots=True)
class Scope:
    """The variables of a stage while its lines are read from top to bottom.

    Attributes:
        given: ``--build-arg`` values; None for one that is passed but not known.
        outer: What an ``ARG NAME`` without a value inherits: arguments above the first FROM and platform arguments.
        env: In force for RUN, in order.
        config: What the image config keeps (ENV).
        escape: The file's escape character.
    """

    given: Mapping[str, str | None]
    outer: Mapping[str, Value]
    escape: str
    env: dict[str, Value] = field(default_factory=dict)
    config: dict[str, Value] = field(default_factory=dict)

    def copy(self) -> "Scope":
        """Return a scope for a stage that starts from this one."""
        return Scope(self.given, self.outer, self.escape, dict(self.env), dict(self.config))

    def expand(self, word: str) -> Value:
        """Expand a word as BuildKit does outside RUN."""
        return expand(word, self.env, self.escape)

    def set_env(self, pairs: list[tuple[str, Value]]) -> None:
        """Apply one ENV line: every right side was expanded with the values before it."""
        for name, value in pairs:
            for table in (self.env, self.config):
                table.pop(name, None)
                table[name] = value

    def declare(self, name: str, default: Value | None, origin: str) -> None:
        """Apply one ``ARG NAME[=default]``."""
        if (value := self._argument(name, default, origin)) is not None:
            self.env.pop(name, None)
            self.env[name] = value

    def _argument(self, name: str, default: Value | None, origin: str) -> Value | None:
        origins = frozenset({f"arg {name}", origin})
        if name in self.given:
            text = self.given[name]
            return unknown(name, origins) if text is None else Value(text, origins)
        if default is not None:
            return default._replace(origins=default.origins | origins)
        if name in self.outer:
            outer = self.outer[name]
            return outer._replace(origins=outer.origins | ({origin} if name in PLATFORM_ARGUMENTS else origins))
        return None


def expand(word: str, values: Mapping[str, Value], escape: str) -> Value:
    """Expand ``word`` with ``values``, collecting what the result depends on."""
    names = variables.references(word, escape)
    used = [values[name] for name in names if name in values]
    text = variables.expand(word, lambda name: values[name].text if name in values else None, escape)
    return Value(text, frozenset().union(*(value.origins for value in used)), all(value.known for value in used))
