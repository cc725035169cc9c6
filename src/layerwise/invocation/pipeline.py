"""Builds in the scripts of GitLab's pipelines, and of other CI systems whose files are YAML."""

from collections.abc import Iterator, Mapping

from layerwise.invocation.command import Origin
from layerwise.invocation.document import Node, documents
from layerwise.invocation.invocation import Invocation
from layerwise.invocation.script import shell_builds
from layerwise.invocation.shell import filled


def read_gitlab(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of one .gitlab-ci.yml; a job has the variables and scripts of those that it extends.

    Raises:
        Unreadable: The file is no YAML.
    """
    for document in documents(text):
        jobs = dict(document.mapping())
        common = _variables(document, {})
        for name in jobs:
            if not name.startswith("."):
                yield from _job(name, jobs, common, origin)


def read(text: str, origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of the shell scripts of any other pipeline file.

    Raises:
        Unreadable: The file is no YAML.
    """
    for document in documents(text):
        yield from _scripts(document, {}, origin, 0)


_SCRIPTS = ("before_script", "script", "after_script")
_ANY_SCRIPT = frozenset({"run", "script", "before_script", "after_script", "command", "commands", "bash", "sh"})
_ENVIRONMENTS = ("variables", "environment", "env")
_MOST_DEPTH = 30


def _job(name: str, jobs: dict[str, Node], common: Mapping[str, str], origin: Origin) -> Iterator[Invocation]:
    chain = tuple(_chain(name, jobs, ()))
    variables = dict(common)
    for job in reversed(chain):
        variables |= _variables(job, variables)
    for part in _SCRIPTS:
        found = next((job.get(part) for job in chain if job.get(part)), None)
        yield from _lines(found, variables, origin) if found else ()


def _chain(name: str, jobs: dict[str, Node], seen: tuple[str, ...]) -> Iterator[Node]:
    """Yield a job and those that it extends, the nearest first; the last of several in a list wins."""
    if name not in jobs or name in seen:
        return
    yield jobs[name]
    extends = jobs[name].get("extends")
    if extends:
        for parent in reversed(extends.items() or (extends,)):
            yield from _chain(parent.text or "", jobs, (*seen, name))


def _variables(node: Node, known: Mapping[str, str]) -> dict[str, str]:
    """Return the ``variables`` of a job: texts, or mappings with a ``value``."""
    texts = ((name, value.text or value.scalar("value") or "") for name, value in node.mapping("variables"))
    return {name: filled(text, known) for name, text in texts}


def _lines(script: Node, variables: dict[str, str], origin: Origin) -> Iterator[Invocation]:
    """Yield the builds of a script: its entries run one after another in one shell."""
    return shell_builds(_scalars(script, 0), origin, variables=variables)


def _scalars(node: Node, depth: int) -> Iterator[tuple[str, int]]:
    if node.text is not None:
        yield node.text, node.text_line
    for item in node.items() if depth < _MOST_DEPTH else ():
        yield from _scalars(item, depth + 1)


def _scripts(node: Node, known: Mapping[str, str], origin: Origin, depth: int) -> Iterator[Invocation]:
    if depth > _MOST_DEPTH:
        return
    for item in node.items():
        yield from _scripts(item, known, origin, depth + 1)
    variables = dict(known) | dict(_environment(node))
    for key, value in node.entries():
        if key.text in _ANY_SCRIPT:
            yield from _lines(value, variables, origin)
        yield from _scripts(value, variables, origin, depth + 1)


def _environment(node: Node) -> Iterator[tuple[str, str]]:
    """Yield the variables that a part of a pipeline sets for what is in it: a mapping, or a list of ``NAME=value``."""
    for name in _ENVIRONMENTS:
        for key, value in node.mapping(name):
            if value.text is not None:
                yield key, value.text
        found = node.get(name)
        for item in found.items() if found else ():
            key, given, text = (item.text or "").partition("=")
            if given and key.isidentifier():
                yield key, text.strip("\"'")
