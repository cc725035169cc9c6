"""Builds in Python programs through Docker's own client library, whose ``build`` asks the legacy builder."""

import ast
from collections.abc import Iterator

from layerwise.invocation.command import Origin, located
from layerwise.invocation.invocation import Invocation, PassedArgument, Source

_UNKNOWN = "$unknown"


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the calls of ``images.build`` and ``APIClient().build``; a program that is no Python of today has none."""
    if "docker" not in text or ".build(" not in text:
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "build":
            given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            owner = node.func.value
            of_client = isinstance(owner, ast.Attribute) and owner.attr in {"images", "api"}
            low = "APIClient" in text and not given.keys().isdisjoint({"path", "fileobj"})
            if (of_client or low) and not given.keys().isdisjoint({"path", "dockerfile"}):
                yield from _build(node, given, origin)


def _build(call: ast.Call, given: dict[str, ast.expr], origin: Origin) -> Iterator[Invocation]:
    """Read the arguments of a call; one of which only a run can tell what it builds is left out."""
    path = _text(given["path"]) if "path" in given else "."
    named = _text(given["dockerfile"]) if "dockerfile" in given else None
    if _UNKNOWN in (path, named) and {path, named} <= {_UNKNOWN, None}:
        return
    inline = "fileobj" in given and "custom_context" not in given
    context, dockerfile = located(path, "-" if inline else named, (".",), origin.exists, beside=True)
    yield Invocation(
        source=Source(origin.path, call.lineno),
        kind=origin.kind,
        dockerfile=dockerfile,
        context=context,
        target=_text(given["target"]) if "target" in given else None,
        build_args=tuple(_arguments(given.get("buildargs"), origin.path)),
        builder="legacy",
    )


def _text(node: ast.expr) -> str:
    """Return a text that is written out, a variable in its place for any other expression."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else _UNKNOWN


def _arguments(node: ast.expr | None, path: str) -> Iterator[PassedArgument]:
    for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            text = _text(value)
            yield PassedArgument(key.value, None if text.startswith("$") else text, Source(path, key.lineno))
