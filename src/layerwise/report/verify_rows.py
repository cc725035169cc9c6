"""The real differences of two images as rows: one a place, in groups of which the first matters most."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerwise.prove.difference import Difference, Facet
from layerwise.prove.verdict import Judged
from layerwise.report.units import cut, size
from layerwise.syntax.display import one_line

_VALUE = 100
_MANY = 5
_SIZE = re.compile(r"\((\d+) B\)$")
_ALONE = (Facet.PRESENCE, Facet.PLATFORM)


@dataclass(frozen=True, slots=True)
class Row:
    """A place and all in which the images differ there.

    Attributes:
        where: As it may be shown; "" for what is said of a whole group.
        said: In what they differ.
        excerpt: Lines of a diff.
    """

    where: str
    said: str
    excerpt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A group of rows, and what they have in common."""

    title: str
    rows: tuple[Row, ...]


def groups(real: Iterable[Judged]) -> tuple[Rows, ...]:
    """Return real differences in groups: platforms and the config, files of no package, then package by package."""
    found: defaultdict[tuple[int, str], list[Judged]] = defaultdict(list)
    for one in real:
        found[_rank(one)].append(one)
    return tuple(
        Rows(title, _brief(judged) if rank else rows(judged)) for (rank, title), judged in sorted(found.items())
    )


def rows(judged: Iterable[Judged]) -> tuple[Row, ...]:
    """Return a row for each place; what is in a directory that only one side has goes with the directory."""
    places: dict[str, list[Judged]] = {}
    within: defaultdict[str, int] = defaultdict(int)
    for one in judged:
        if above := _above(one.difference, places):
            within[above] += 1
        else:
            places.setdefault(one.difference.where, []).append(one)
    return tuple(_row(where, several, within[where]) for where, several in places.items())


def _rank(one: Judged) -> tuple[int, str]:
    if not one.difference.is_file:
        return (0, "image config" if one.difference.facet is Facet.SETTING else "")
    return (1, "files of no package") if one.owner is None else (2, one_line(str(one.owner)))


def _brief(judged: Sequence[Judged]) -> tuple[Row, ...]:
    """Return the rows of a group, one in place of many for a package that only one side has."""
    sides = {_side(one.difference) for one in judged}
    if len(judged) > _MANY and judged[0].owner and len(sides) == 1 and "" not in sides:
        return (Row("", f"only in {sides.pop()}: {len(judged):,} paths"),)
    return rows(judged)


def _side(difference: Difference) -> str:
    """Return the side that alone has a place, "" where both have it."""
    if difference.facet not in _ALONE:
        return ""
    return "B" if difference.left is None else "A" if difference.right is None else ""


def _above(difference: Difference, places: dict[str, list[Judged]]) -> str:
    """Return the directory of one side with which a path goes, "" where there is none."""
    if difference.facet is not Facet.PRESENCE:
        return ""
    parts = difference.where.split("/")
    heads = ("/".join(parts[:count]) for count in range(2, len(parts)))
    return next((head for head in heads if any(_side(one.difference) for one in places.get(head, ()))), "")


def _row(where: str, judged: Sequence[Judged], within: int) -> Row:
    entries = f", with {within:,} {'entry' if within == 1 else 'entries'}" if within else ""
    said = ", ".join(_said(one.difference) for one in judged)
    return Row(one_line(where), f"{said}{entries}", tuple(line for one in judged for line in one.excerpt))


def _said(difference: Difference) -> str:
    left, right = difference.left, difference.right
    if side := _side(difference):
        what = left or right
        return f"only in {side}" if what == "file" or difference.facet is Facet.PLATFORM else f"{what} only in {side}"
    if difference.facet is Facet.CONTENT:
        sizes = tuple(_sizes(left, right))
        return f"content {' -> '.join(sizes)}" if len(set(sizes)) > 1 else "content"
    change = f"{_value(left)} -> {_value(right)}"
    return change if difference.facet is Facet.SETTING else f"{difference.facet.value} {change}"


def _sizes(*contents: str | None) -> Iterator[str]:
    for content in contents:
        if content and (found := _SIZE.search(content)):
            yield size(int(found[1]))


def _value(value: str | None) -> str:
    return "none" if value is None else cut(one_line(value), _VALUE) or '""'
