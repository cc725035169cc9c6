"""What ``layerwise init`` writes down: the configuration that the team's own builds imply."""

from dataclasses import dataclass

from layerwise.config import Config
from layerwise.invocation.invocation import Invocation, is_remote, unresolved
from layerwise.invocation.search import best, usage


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A configuration, and for each key that it sets where its value was found (for ``config.render``)."""

    config: Config
    seen: dict[str, str]


def suggested(invocations: tuple[Invocation, ...], dockerfile: str) -> Suggestion:
    """Return what the builds of a Dockerfile (relative to the repository's root) say that only they can tell.

    Build arguments are left out: they are read from the builds each time, with their evidence.
    """
    chosen = best(invocations, dockerfile)
    if chosen is None:
        return Suggestion(Config(dockerfile=dockerfile), {})
    source = str(chosen.source)
    together = usage(invocations, dockerfile)
    context = None if is_remote(chosen.context) or unresolved(chosen.context) else chosen.context
    target = chosen.target if chosen.target and not unresolved(chosen.target) else None
    seen = {"dockerfile": source} | ({"context": source} if context else {}) | ({"target": source} if target else {})
    if together.platforms:
        sources = dict.fromkeys(str(one.source) for one in together.invocations if one.platforms)
        seen["platforms"] = ", ".join(tuple(sources)[:_MOST_SOURCES])
    return Suggestion(Config(dockerfile, context, target, together.platforms), seen)


_MOST_SOURCES = 3
