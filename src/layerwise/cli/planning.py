"""How a command plans: layerwise.toml, with the command line on top."""

from collections.abc import Iterable, Mapping

from layerwise import catalogue
from layerwise.config import Config, mistaken
from layerwise.errors import UsageError
from layerwise.passes import PASSES
from layerwise.passes.base import Safety
from layerwise.plan import Options
from layerwise.records import Proof
from layerwise.rules import RULES

_CLASSES = (Safety.FROZEN.value, Safety.BEHAVIOUR.value)


def options_of(
    config: Config,
    only: tuple[str, ...] = (),
    allow: tuple[str, ...] = (),
    proofs: Mapping[str, Proof] | None = None,
) -> Options:
    """Return how to plan.

    Args:
        config: layerwise.toml.
        only: Passes that the command line names, in the place of those of layerwise.toml.
        allow: Classes that it allows, besides those of layerwise.toml.
        proofs: What builds have shown.

    Raises:
        UsageError: The command line names a pass or class that does not exist.
        ConfigError: layerwise.toml does.
    """
    for name in only:
        if wrong := _unknown_pass(name):
            raise UsageError(wrong)
    for text in allow:
        if wrong := _not_allowable(text):
            raise UsageError(f"--allow {wrong}")
    for key, names in (("passes.off", config.passes_off), ("passes.only", config.passes_only)):
        _checked(config, key, ((name, _unknown_pass(name)) for name in names))
    _checked(config, "passes.allow", ((text, _not_allowable(text)) for text in config.passes_allow))
    return Options(
        threshold_s=config.threshold_s,
        cold_weight=config.cold_weight,
        gigabyte_weight_s=config.gigabyte_weight_s,
        only=frozenset(only or config.passes_only),
        off=frozenset(config.passes_off),
        allow=frozenset((*allow, *config.passes_allow)),
        proofs=proofs or {},
    )


def rules_off(config: Config) -> frozenset[str]:
    """Return the names of the rules not to run.

    Raises:
        ConfigError: One of them does not exist.
    """
    _checked(config, "rules.off", ((name, _unknown("rule", name, RULES)) for name in config.rules_off))
    return frozenset(config.rules_off)


def _unknown_pass(name: str) -> str:
    return _unknown("pass", name, PASSES)


def _unknown(kind: str, name: str, modules: Iterable[object]) -> str:
    known = catalogue.by_name(*modules)
    return "" if name in known else f"no {kind} is called {name!r}; there are {', '.join(known)}"


def _not_allowable(text: str) -> str:
    """Return what is wrong with a class to allow, "" where nothing is."""
    name, colon, of = text.partition(":")
    if name not in _CLASSES:
        return f"{text!r}: the classes to allow are {' and '.join(_CLASSES)}"
    if text == Safety.BEHAVIOUR.value:
        return f"{text!r}: name the pass (behaviour:PASS), each such change by itself"
    unknown = _unknown_pass(of.partition(":")[0]) if colon else ""
    return f"{text!r}: {unknown}" if unknown else ""


def _checked(config: Config, key: str, judged: Iterable[tuple[str, str]]) -> None:
    for value, wrong in judged:
        if wrong:
            raise mistaken(config, key, value, wrong)
