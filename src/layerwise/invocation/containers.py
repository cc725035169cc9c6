"""Builds in files whose steps are containers: Google Cloud Build, Tekton, and whatever runs kaniko as a pod."""

import re
from collections.abc import Iterator

from layerwise.invocation.command import Origin, build_of
from layerwise.invocation.document import Node, documents
from layerwise.invocation.invocation import Builder, Invocation, Source
from layerwise.invocation.script import shell_builds
from layerwise.invocation.shell import Argument, Call


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of one file: the containers that build, wherever they stand in it, and their scripts.

    Raises:
        Unreadable: The file is no YAML.
    """
    for document in documents(text.replace("\t", " ") if origin.path.endswith(".json") else text):
        yield from _containers(document, origin, 0)


_KANIKO = re.compile(r"(?:^|/)kaniko-project/executor(?:[:@]|$)|(?:^|/)kaniko(?:-executor)?(?:[:@]|$)")
_PROGRAMS = (
    (re.compile(r"(?:^|/)(?:cloud-builders/)?docker(?:[:@]|$)"), "docker"),
    (re.compile(r"(?:^|/)podman(?:[:@/]|$)"), "podman"),
    (re.compile(r"(?:^|/)buildah(?:[:@/]|$)"), "buildah"),
)
_TASKS: dict[str, Builder] = {"kaniko": "kaniko", "buildah": "buildah"}
# Where Cloud Build and Tekton put the checkout.
_HERE = re.compile(r"(?<![\w.])/workspace(?:/source)?(?=/|$)|\$\(workspaces\.[\w-]+\.path\)")
_SHELLS = frozenset({"sh", "bash", "ash"})
_MOST_DEPTH = 30


def _containers(node: Node, origin: Origin, depth: int) -> Iterator[Invocation]:
    if depth > _MOST_DEPTH:
        return
    image = node.scalar("image") or node.scalar("name")
    if image and (node.get("args") or node.get("command") or node.get("script")):
        yield from _container(node, image, origin)
    elif node.get("taskRef"):
        yield from _task(node, origin)
    for child in (*node.items(), *(value for _, value in node.entries())):
        yield from _containers(child, origin, depth + 1)


def _container(node: Node, image: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of a container: of its command, or of the script that a shell in it runs."""
    script = node.get("script")
    if script and script.text:
        yield from shell_builds(((script.text, script.text_line),), origin)
        return
    entry, args = _words(node.get("command") or node.get("entrypoint")), _words(node.get("args"))
    directory = node.scalar("dir") or "."
    if entry and entry[0].text.rpartition("/")[2] in _SHELLS:
        parts = tuple((word.text, word.line) for word in (*entry[1:], *args) if not word.text.startswith("-"))
        yield from shell_builds(parts, origin, directories=(directory,))
    elif program := _program(image, entry):
        name = Argument(program, node.line, program)
        words = entry if entry and entry[0].text.rpartition("/")[2] != "env" else ()
        found = build_of(Call((*(words or (name,)), *args), (directory,), _environment(node)), origin)
        if found:
            yield found


def _program(image: str, entry: tuple[Argument, ...]) -> str | None:
    """Return the program that an image runs, None where it is none that builds."""
    if _KANIKO.search(image):
        return "/kaniko/executor"
    if entry:
        return entry[0].text
    return next((program for pattern, program in _PROGRAMS if pattern.search(image)), None)


def _task(node: Node, origin: Origin) -> Iterator[Invocation]:
    """Yield the build of a task of Tekton's catalogue: its parameters say what it builds."""
    reference = node.get("taskRef")
    named = _parameters(reference) if reference else {}
    builder = _TASKS.get((reference.scalar("name") if reference else None) or named.get("name", ""))
    if reference is None or builder is None:
        return
    given = _parameters(node)
    flags = (("--file", given.get("DOCKERFILE")), ("--target", given.get("TARGET")))
    texts = ["buildah", "bud", *(f"{flag}={value}" for flag, value in flags if value), given.get("CONTEXT") or "."]
    line = reference.line
    found = build_of(Call(tuple(Argument(text, line, text) for text in texts), (".",)), origin)
    if found:
        yield Invocation(
            source=Source(origin.path, line),
            kind=origin.kind,
            dockerfile=found.dockerfile,
            context=found.context,
            target=found.target,
            builder=builder,
        )


def _parameters(node: Node) -> dict[str, str]:
    params = node.get("params")
    return {item.scalar("name") or "": item.scalar("value") or "" for item in (params.items() if params else ())}


def _environment(node: Node) -> dict[str, str]:
    """Return the variables of a container: ``NAME=value`` each, or names with values."""
    env = node.get("env")
    found: dict[str, str] = {}
    for item in env.items() if env else ():
        name, given, value = (item.text or "").partition("=")
        if given:
            found[name] = value
        elif item.scalar("name"):
            found[item.scalar("name") or ""] = item.scalar("value") or ""
    return found


def _words(node: Node | None) -> tuple[Argument, ...]:
    items = (node.items() or (node,)) if node else ()
    texts = ((_HERE.sub(".", item.text), item.line) for item in items if item.text is not None)
    return tuple(Argument(text, line, text) for text, line in texts)
