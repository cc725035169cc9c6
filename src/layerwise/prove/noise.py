"""The noise policy of ``noise.toml`` as values."""

import re
import tomllib
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib.resources import files

from layerwise.prove.globs import compiled


class RuleKind(Enum):
    """What a rule lets pass; noise.toml says it in full."""

    ANYTHING = "anything"
    HOLDER = "holder"
    FORM = "form"
    BYTECODE = "bytecode"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of difference that means nothing.

    Attributes:
        name: As reports show it.
        writer: The program that makes these files.
        kind: What it lets pass.
        reason: Why it means nothing.
        form: Of ``RuleKind.FORM``, the name in ``forms.FORMS``.
        pattern: Matches the paths it is about.
    """

    name: str
    writer: str
    kind: RuleKind
    reason: str
    form: str
    pattern: re.Pattern[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules; what none of them speaks of is real."""

    rules: tuple[Rule, ...]

    def about(self, path: str, kind: RuleKind) -> Rule | None:
        """Return the first rule of a kind that is about a path."""
        return next((rule for rule in self.rules if rule.kind is kind and rule.pattern.fullmatch(path)), None)


@cache
def policy() -> Policy:
    """Return the policy of noise.toml."""
    table = tomllib.loads(files("layerwise.prove").joinpath("noise.toml").read_text("utf-8"))
    return Policy(
        tuple(
            Rule(
                name=rule["name"],
                writer=rule["writer"],
                kind=RuleKind(rule["kind"]),
                reason=rule["reason"],
                form=rule.get("form", ""),
                pattern=compiled(tuple(rule["paths"])),
            )
            for rule in table["rule"]
        )
    )
