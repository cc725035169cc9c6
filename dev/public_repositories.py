"""The repositories of dev/public.toml: what of each is built, on which stand-ins, and what changes before a build."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LIST = Path(__file__).with_name("public.toml")
_COLD = ("cold", "unchanged")


@dataclass(frozen=True, slots=True)
class StandIn:
    """An image made from Debian, PyPI and npm in place of one that cannot be had: a recipe below dev/standins."""

    name: str
    recipe: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What a scenario changes in one file: text at its end, or some text by another."""

    file: str
    append: str = ""
    old: str = ""
    new: str = ""

    def make(self, root: Path) -> None:
        """Change the file.

        Raises:
            ValueError: It does not hold the text that is to be replaced exactly once.
        """
        path = root / self.file
        text = path.read_text("utf-8")
        if self.old:
            if text.count(self.old) != 1:
                raise ValueError(f"{self.file} holds {self.old!r} {text.count(self.old)} times")
            text = text.replace(self.old, self.new)
        path.write_text(text + self.append, "utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A Dockerfile of a repository, and how it is built here.

    Attributes:
        repository: ``owner/name``.
        commit: What is checked out.
        dockerfile: Its path from the root, as `context`.
        context: The build context.
        target: The stage that is built; "" for the last.
        bases: For each image of a FROM what stands in for it: an image of dev/engine, or a `StandIn` by its name.
        arguments: Build arguments.
        adapted: What is changed before anything is planned or built, because the stand-ins ask for it.
        changes: By scenario, as ``layerwise optimize`` names it, in the order in which they are built.
        edits: By key of ``[scenarios]`` in layerwise.toml, the shell command of a proof that changes something real.
    """

    repository: str
    commit: str
    dockerfile: str = "Dockerfile"
    context: str = "."
    target: str = ""
    bases: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    adapted: tuple[Change, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    edits: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The repository and the Dockerfile, where that is not the root's."""
        return self.repository if self.dockerfile == "Dockerfile" else f"{self.repository} {self.dockerfile}"

    @property
    def scenarios(self) -> tuple[str, ...]:
        """All scenarios in the order in which they are built."""
        return (*_COLD, *self.changes)


def read(path: Path = LIST) -> tuple[Mapping[str, StandIn], tuple[Subject, ...]]:
    """Return the stand-ins by name, and the Dockerfiles."""
    found = tomllib.loads(path.read_text("utf-8"))
    stand_ins = {name: StandIn(name, **keys) for name, keys in found["stand-in"].items()}
    return stand_ins, tuple(_subjects(found["dockerfile"]))


def _subjects(tables: Iterable[dict[str, object]]) -> Iterable[Subject]:
    for table in tables:
        adapted, changes = table.pop("adapted", []), table.pop("changes", {})
        assert isinstance(adapted, list)
        assert isinstance(changes, dict)
        yield Subject(
            **table,  # type: ignore[arg-type]
            adapted=tuple(Change(**one) for one in adapted),
            changes={name: Change(**one) for name, one in changes.items()},
        )
