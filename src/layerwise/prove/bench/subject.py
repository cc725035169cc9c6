"""What a bench builds, and how often."""

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from layerwise.analysis import Analysis
from layerwise.config.scenarios import OwnEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a bench builds.

    Attributes:
        project: As in ``records.BuildRecord``.
        analysis: Of the file as it stands, priced by the profile from before the bench.
        dockerfile: Its path.
        context: The build context's directory.
        named: The Dockerfile's path from the project's root, for records and reports.
        commit: The commit checked out, "" where there is none.
        options: Of ``docker buildx build``: what the user asks for, its platforms, context and file left out.
    """

    project: str
    analysis: Analysis = field(repr=False)
    dockerfile: pathlib.Path
    context: pathlib.Path
    named: str
    commit: str = ""
    options: tuple[str, ...] = ()

    @property
    def platforms(self) -> tuple[str, ...]:
        """What is built for, each by itself."""
        return self.analysis.facts.request.platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a bench measures.

    Attributes:
        runs: How often each scenario is built, at the most.
        budget_s: Seconds that all builds together may take, None for no limit.
        edits: The user's own edits, by the scenario's name.
        private: Whether to build in a builder that is made for it.
    """

    runs: int = 3
    budget_s: float | None = None
    edits: Mapping[str, OwnEdit] = field(default_factory=dict)
    private: bool = False
