"""YAML with its line numbers: a typed view of PyYAML's node graph.

Nodes are looked at where they stand, never copied out, so aliases stay cheap and unknown tags (GitLab's
``!reference``) do no harm.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from layerwise.invocation.invocation import Unreadable

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_MOST_DEPTH = 100
_MOST_NODES = 1_000_000
_MOST_OPENINGS = 5_000


@dataclass(frozen=True, slots=True)
class Node:
    """One mapping, sequence or scalar."""

    yaml: yaml.Node

    @property
    def line(self) -> int:
        """The 1-based line where the node starts."""
        return int(self.yaml.start_mark.line) + 1

    @property
    def text_line(self) -> int:
        """The 1-based line of the first line of a scalar's text: of a block scalar the one after ``|`` or ``>``."""
        block = isinstance(self.yaml, yaml.ScalarNode) and self.yaml.style in {"|", ">"}
        return self.line + 1 if block else self.line

    @property
    def text(self) -> str | None:
        """The text of a scalar as written (``on`` stays ``on``), None of anything else and of null."""
        if not isinstance(self.yaml, yaml.ScalarNode) or self.yaml.tag == _NULL:
            return None
        return str(self.yaml.value)

    def items(self) -> tuple["Node", ...]:
        """Return the members of a sequence, nothing of any other node."""
        return tuple(Node(one) for one in self.yaml.value) if isinstance(self.yaml, yaml.SequenceNode) else ()

    def entries(self) -> Iterator[tuple["Node", "Node"]]:
        """Yield the keys and values of a mapping, then those merged in by ``<<`` that it does not set itself."""
        yield from _entries(self.yaml, set(), 0)

    def get(self, *names: str) -> "Node | None":
        """Return the value below a path of keys, None where one of them is missing."""
        here: Node | None = self
        for name in names:
            here = next((value for key, value in here.entries() if key.text == name), None) if here else None
        return here

    def scalar(self, *names: str) -> str | None:
        """Return the text below a path of keys, None where there is none."""
        found = self.get(*names)
        return found.text if found else None

    def mapping(self, *names: str) -> Iterator[tuple[str, "Node"]]:
        """Yield the named values of the mapping below a path of keys."""
        found = self.get(*names)
        for key, value in found.entries() if found else ():
            if key.text is not None:
                yield key.text, value

    def lines(self) -> Iterator[tuple[str, int]]:
        """Yield each non-empty line of a scalar's text with its line number; each member of a sequence likewise."""
        for item in self.items():
            yield from item.lines()
        for offset, line in enumerate((self.text or "").splitlines()):
            if line.strip():
                yield line.strip(), self.text_line + offset


def documents(text: str) -> tuple[Node, ...]:
    """Parse a YAML stream.

    Raises:
        Unreadable: It is no YAML.
    """
    try:
        nodes = tuple(node for node in yaml.compose_all(text, Loader=_loader(text)) if node is not None)
        size = sum(_size(node, {}) for node in nodes)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"no YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(1, f"no YAML: {error}".split("\n", maxsplit=1)[0]) from error
    if size > _MOST_NODES:
        raise Unreadable(1, "its aliases repeat one another without end")
    return tuple(map(Node, nodes))


def _loader(text: str) -> type[yaml.SafeLoader]:
    """Return the loader in C, ten times as fast, but for texts so deep that its recursion would end the process."""
    deep = sum(map(text.count, ("[", "{", "- ", "? "))) > _MOST_OPENINGS
    return yaml.SafeLoader if deep else getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Count the nodes with every alias written out; an alias inside its own anchor counts as too many."""
    if id(node) not in known:
        known[id(node)] = _MOST_NODES + 1
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        pairs = (part if isinstance(part, tuple) else (part,) for part in parts)
        known[id(node)] = 1 + sum(_size(one, known) for pair in pairs for one in pair)
    return known[id(node)]


def _entries(node: yaml.Node, seen: set[str], depth: int) -> Iterator[tuple[Node, Node]]:
    if not isinstance(node, yaml.MappingNode) or depth > _MOST_DEPTH:
        return
    merged: list[yaml.Node] = []
    for key, value in node.value:
        name = Node(key).text
        if key.tag == _MERGE:
            merged += value.value if isinstance(value, yaml.SequenceNode) else (value,)
        elif name is None or name not in seen:
            seen.add(name or "")
            yield Node(key), Node(value)
    for one in merged:
        yield from _entries(one, seen, depth + 1)
