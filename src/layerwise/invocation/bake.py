"""Builds of bake files: each target that is built for itself, in HCL or JSON.

Functions and conditions are not evaluated and stay as written. Every variable may be overridden by the environment,
so a build argument that comes from one keeps it in the shell's form, ``${NAME:-default}``.
"""

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from layerwise.invocation.bake_file import Bake, Target, from_hcl, from_json
from layerwise.invocation.command import Origin, located
from layerwise.invocation.invocation import Invocation, PassedArgument, Source, known_network, known_platforms
from layerwise.invocation.shell import defaulted


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of one bake file: paths start where it lies, or at the repository's root.

    Raises:
        Unreadable: The file is neither HCL nor JSON.
    """
    bake = parsed(text, origin.path)
    grouped = {name for _, names in bake.groups for name in names}
    for target in bake.targets:
        if not _is_template(target, bake, grouped):
            yield from target_builds(target, bake, origin)


@lru_cache(maxsize=32)
def parsed(text: str, path: str) -> Bake:
    """Parse a bake file by its name: JSON or HCL.

    Raises:
        Unreadable: The file is neither.
    """
    return from_json(text) if path.endswith(".json") else from_hcl(text)


def target_builds(
    target: Target, bake: Bake, origin: Origin, environment: Mapping[str, str] | None = None
) -> Iterator[Invocation]:
    """Yield the builds of one target, one a combination of its matrix; ``environment`` overrides variables."""
    whole = _inherited(target, {one.name: one for one in bake.targets}, ())
    axes = [tuple(dict(one) for one in values) for values in whole.matrix]
    for turn in itertools.islice(itertools.product(*axes), _MOST_COMBINATIONS):
        fixed = dict(environment or {}) | {name: value for part in turn for name, value in part.items()}
        yield _build(whole, _Scope(fixed, dict(bake.variables)), origin)


_REFERENCE = re.compile(r"\$\{\s*([\w.-]+)\s*\}")
_MOST_COMBINATIONS = 256


@dataclass(frozen=True, slots=True)
class _Scope:
    """The values that are settled (a matrix's, the caller's), and those that the environment may override."""

    fixed: Mapping[str, str]
    variables: Mapping[str, str | None]

    def open(self, text: str) -> str:
        """Fill in the matrix; a variable becomes ``${NAME:-default}``, so that its default shows."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in self.fixed:
                return self.fixed[name]
            default = self.variables.get(name)
            return f"${{{name}:-{default}}}" if default else f"${{{name}}}"

        return _REFERENCE.sub(value, text)

    def text(self, text: str | None) -> str | None:
        return (defaulted(self.open(text)) or None) if text else None

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(None, map(self.text, texts)))


def _build(target: Target, scope: _Scope, origin: Origin) -> Invocation:
    directories = tuple(dict.fromkeys((posixpath.dirname(origin.path) or ".", ".")))
    context = scope.text(target.text("context")) or "."
    named = "-" if target.text("dockerfile-inline") else scope.text(target.text("dockerfile"))
    context, dockerfile = located(context, named, directories, origin.exists, beside=True)
    return Invocation(
        source=Source(origin.path, target.line),
        kind=origin.kind,
        dockerfile=dockerfile,
        context=context,
        target=scope.text(target.text("target")),
        platforms=known_platforms(scope.texts(target.several("platforms"))),
        build_args=tuple(
            PassedArgument(name, None if value is None else scope.open(value), Source(origin.path, line))
            for name, value, line in target.args
        ),
        tags=scope.texts(target.several("tags")),
        cache_from=scope.texts(target.several("cache-from")),
        cache_to=scope.texts(target.several("cache-to")),
        builder="buildx",
        network=known_network(scope.text(target.text("network"))),
    )


def _is_template(target: Target, bake: Bake, grouped: set[str]) -> bool:
    """Whether a target is only there to be inherited: no group lists it, or its name says so."""
    inherited = any(target.name in other.several("inherits") for other in bake.targets)
    return target.name.startswith("_") or (inherited and target.name not in grouped)


def _inherited(target: Target, by_name: Mapping[str, Target], seen: tuple[str, ...]) -> Target:
    """Return a target over what it inherits; of several parents the later wins."""
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    args: dict[str, tuple[str, str | None, int]] = {}
    parents = (name for name in target.several("inherits") if name in by_name and name not in (*seen, target.name))
    for one in (*(_inherited(by_name[name], by_name, (*seen, target.name)) for name in parents), target):
        texts |= dict(one.texts)
        lists |= dict(one.lists)
        args |= {arg[0]: arg for arg in one.args}
    return replace(target, texts=tuple(texts.items()), lists=tuple(lists.items()), args=tuple(args.values()))
