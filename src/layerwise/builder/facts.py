"""What is known of a build besides its vertices, and how times and texts of theirs get into its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layerwise.builder.events import merged
from layerwise.builder.placing import Layout
from layerwise.builder.provenance import Provenance
from layerwise.builder.redact import Redactor
from layerwise.records import Resources, Source, Sources, Span
from layerwise.syntax.display import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a build besides its vertices.

    Attributes:
        id: As in ``records.BuildRecord``, and so are the next six.
        project: See there.
        source: See there.
        builder: See there.
        group: See there.
        outputs: See there.
        sources: See there; its arguments and bases are filled in here.
        platforms: Those asked for; empty where nobody knows.
        native: The platform of the machine that built, "" where nobody knows.
        arguments: Build arguments as passed, secrets and all.
        provenance: By platform.
        resources: What RUN steps used, by vertex digest, as measured from outside.
        layout: Of the Dockerfile.
        span: When the build began and ended by the engine's record, None where only its events tell.
    """

    id: str
    project: str
    source: Source
    builder: str = ""
    group: str = ""
    outputs: tuple[str, ...] = ()
    sources: Sources = field(default_factory=Sources)
    platforms: tuple[str, ...] = ()
    native: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    resources: Mapping[str, Resources] = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)
    span: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """How what was seen of a build is written down.

    Attributes:
        began: When the build began, in seconds since the epoch; None where nobody knows.
        redact: Masks secrets.
    """

    began: float | None
    redact: Redactor

    def spans(self, intervals: Sequence[tuple[float, float]]) -> tuple[Span, ...]:
        """Return intervals since the build began, merged; none where nobody knows when that was."""
        if self.began is None:
            return ()
        return tuple(Span(begin - self.began, end - self.began) for begin, end in merged(intervals))

    def shown(self, text: str) -> str:
        """Return a text on one line, without secrets and what a terminal would obey."""
        return one_line(self.redact.text(text))
