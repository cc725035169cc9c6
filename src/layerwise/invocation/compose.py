"""Builds of compose files: each service with a ``build``."""

import posixpath
from collections.abc import Iterator

from layerwise.invocation.command import Origin, located, passed_argument
from layerwise.invocation.document import Node, documents
from layerwise.invocation.invocation import Invocation, PassedArgument, Source, known_network, known_platforms
from layerwise.invocation.shell import defaulted


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of one compose file, whose paths start where it lies.

    Raises:
        Unreadable: The file is no YAML.
    """
    for document in documents(text):
        for _, service in document.mapping("services"):
            if build := service.get("build"):
                yield _build(build, service, origin)


def _build(build: Node, service: Node, origin: Origin) -> Invocation:
    """Read ``build: DIRECTORY`` or its long form."""
    directory = posixpath.dirname(origin.path) or "."
    context = defaulted(build.text or build.scalar("context") or ".")
    inline = build.get("dockerfile_inline") is not None
    named = "-" if inline else _text(build, "dockerfile")
    context, dockerfile = located(context, named, (directory,), origin.exists, beside=True)
    return Invocation(
        source=Source(origin.path, build.line),
        kind=origin.kind,
        dockerfile=dockerfile,
        context=context,
        target=_text(build, "target"),
        platforms=known_platforms(_several(build, "platforms") or _several(service, "platform")),
        build_args=tuple(_arguments(build.get("args"), origin.path)),
        tags=(*_several(service, "image"), *_several(build, "tags")),
        cache_from=_several(build, "cache_from"),
        cache_to=_several(build, "cache_to"),
        network=known_network(_text(build, "network")),
    )


def _arguments(args: Node | None, path: str) -> Iterator[PassedArgument]:
    """Read ``args`` as a list of ``NAME=value`` or as a mapping; without a value it comes from the environment."""
    if args is None:
        return
    for item in args.items():
        if item.text:
            yield passed_argument(item.text, Source(path, item.line))
    for key, value in args.entries():
        if key.text:
            yield PassedArgument(key.text, value.text, Source(path, key.line))


def _text(node: Node, name: str) -> str | None:
    text = node.scalar(name)
    return defaulted(text) or None if text else None


def _several(node: Node, name: str) -> tuple[str, ...]:
    found = node.get(name)
    texts = (one.text for one in (found.items() or (found,))) if found else ()
    return tuple(defaulted(text) for text in texts if text)
