"""The text of a bake file as targets, groups and variables: the same value from HCL and from JSON.

Strings hold HCL's templates: a bare reference ``TAG`` becomes ``${TAG}``, as JSON writes it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layerwise.invocation.document import Node, documents
from layerwise.invocation.invocation import Unreadable

Axis = tuple[tuple[tuple[str, str], ...], ...]
"""The values of one name of a matrix, each as names and texts: ``(("tgt", "a"),)`` or ``(("item.x", "1"), …)``."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target as written.

    Attributes:
        name: Its name, or the template of its matrix's names.
        line: 1-based line of the block.
        texts: The attributes that hold one text.
        lists: The attributes that hold several.
        args: Name, template (None for null) and 1-based line of each build argument.
        matrix: The axes of its matrix.
    """

    name: str
    line: int
    texts: tuple[tuple[str, str], ...] = ()
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    args: tuple[tuple[str, str | None, int], ...] = ()
    matrix: tuple[Axis, ...] = ()

    def text(self, name: str) -> str | None:
        """Return the text of an attribute, None where it has none."""
        return dict(self.texts).get(name)

    def several(self, name: str) -> tuple[str, ...]:
        """Return the texts of an attribute."""
        return dict(self.lists).get(name, ())


@dataclass(frozen=True, slots=True)
class Bake:
    """A bake file: targets in order, the variables with their defaults, the groups with the names they list."""

    targets: tuple[Target, ...] = ()
    variables: tuple[tuple[str, str | None], ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def members(self, names: tuple[str, ...]) -> frozenset[str]:
        """Return the targets that names stand for, those of groups and of the groups in them included."""
        groups = dict(self.groups)
        found: set[str] = set()
        wanted = list(names)
        while wanted:
            name = wanted.pop()
            if name not in found:
                found.add(name)
                wanted += groups.get(name, ())
        return frozenset(found)


def from_json(text: str) -> Bake:
    """Read docker-bake.json.

    Raises:
        Unreadable: It is no JSON.
    """
    # JSON is YAML but for tabs, which stand in JSON only between values.
    roots = documents(text.replace("\t", " "))
    if not roots:
        return Bake()
    root = roots[0]
    return Bake(
        tuple(_json_target(name, node) for name, node in root.mapping("target")),
        tuple((name, node.scalar("default")) for name, node in root.mapping("variable")),
        tuple(
            (name, tuple(item.text or "" for item in _members(group, "targets")))
            for name, group in root.mapping("group")
        ),
    )


def from_hcl(text: str) -> Bake:
    """Read docker-bake.hcl.

    Raises:
        Unreadable: It is no HCL.
    """
    import hcl2  # noqa: PLC0415  # lark builds its parser on import: only where there is such a file
    from lark.exceptions import LarkError, UnexpectedInput  # noqa: PLC0415  # as above

    try:
        root: Mapping[str, object] = hcl2.loads(text if text.endswith("\n") else f"{text}\n")
    except UnexpectedInput as error:
        raise Unreadable(max(error.line, 1), "no HCL that bake reads") from error
    except (LarkError, ValueError, RecursionError) as error:
        raise Unreadable(1, "no HCL that bake reads") from error
    lines = text.splitlines()
    return Bake(
        tuple(_hcl_target(name, block, lines) for name, block in _blocks(root, "target")),
        tuple((name, _template(block.get("default"))) for name, block in _blocks(root, "variable")),
        tuple((name, tuple(_templates(block.get("targets")))) for name, block in _blocks(root, "group")),
    )


_MEMBERS = ("inherits", "platforms", "tags", "cache-from", "cache-to")


def _json_target(name: str, node: Node) -> Target:
    texts = ((key, value.text) for key, value in node.mapping() if value.text is not None)
    args = node.get("args")
    return Target(
        name,
        node.line,
        tuple((key, text) for key, text in texts if text is not None),
        tuple((key, tuple(item.text or "" for item in _members(node, key))) for key in _MEMBERS if node.get(key)),
        tuple((key.text or "", value.text, key.line) for key, value in args.entries()) if args else (),
        tuple(tuple(_json_axis(key, item) for item in axis.items()) for key, axis in node.mapping("matrix")),
    )


def _json_axis(name: str, node: Node) -> tuple[tuple[str, str], ...]:
    if node.text is not None:
        return ((name, node.text),)
    return tuple((f"{name}.{key}", value.text or "") for key, value in node.mapping())


def _members(node: Node, name: str) -> tuple[Node, ...]:
    found = node.get(name)
    return found.items() if found else ()


def _hcl_target(name: str, block: Mapping[str, object], lines: list[str]) -> Target:
    start = _line_of(rf'\s*target\s+"?{re.escape(name)}"?\s*\{{', lines, 0)
    args = _plain(block.get("args"))
    texts = ((key, _template(value)) for key, value in block.items() if not isinstance(value, list | dict | bool))
    return Target(
        name,
        start,
        tuple((key, text) for key, text in texts if text is not None),
        tuple((key, tuple(_templates(block[key]))) for key in _MEMBERS if key in block),
        tuple((key, _template(value), _line_of(_key(key), lines, start)) for key, value in args.items()),
        tuple(tuple(_hcl_axis(key, axis)) for key, axis in _plain(block.get("matrix")).items()),
    )


def _hcl_axis(name: str, values: object) -> Iterator[tuple[tuple[str, str], ...]]:
    for value in values if isinstance(values, list) else ():
        parts = {f"{name}.{key}": part for key, part in _plain(value).items()} or {name: value}
        yield tuple((key, _template(part) or "") for key, part in parts.items())


def _blocks(root: Mapping[str, object], kind: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield the labelled blocks of a kind: the parser makes a list of single-entry mappings of them."""
    blocks = root.get(kind)
    for block in blocks if isinstance(blocks, list) else ():
        for name, body in _plain(block).items():
            if isinstance(body, dict):
                yield name, body


def _plain(value: object) -> dict[str, object]:
    """Return a mapping with the quotes of its keys removed, without the parser's own marks."""
    if not isinstance(value, dict):
        return {}
    return {str(key).strip('"'): one for key, one in value.items() if not str(key).startswith("__")}


def _templates(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else ():
        if text := _template(one):
            yield text


def _template(value: object) -> str | None:
    """Return the template of a parsed value: strings come with their quotes, expressions as ``${…}`` or bare."""
    if value is None:
        return None
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        return value[1:-1]
    return value if value.startswith("${") else f"${{{value}}}"


def _key(name: str) -> str:
    return rf'.*(?<![\w.-])"?{re.escape(name)}"?\s*[=:]'


def _line_of(expression: str, lines: list[str], start: int) -> int:
    """Return the 1-based number of the first line from ``start`` (0-based) on that matches, else of the start."""
    found = (number for number in range(start, len(lines)) if re.match(expression, lines[number]))
    return next(found, max(start - 1, 0)) + 1
