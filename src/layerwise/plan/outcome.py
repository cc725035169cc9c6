"""What a plan comes to: the rewrites chosen, offered and refused, and both sides of the file."""

import difflib
from dataclasses import dataclass

from layerwise.analysis import Analysis
from layerwise.graph.ignore import IGNORE_FILE
from layerwise.model.change import COLD, Change
from layerwise.model.cost import weakest
from layerwise.passes.base import Proposal
from layerwise.plan.settings import Setting
from layerwise.records import Basis, Proof
from layerwise.syntax.edit import Edit


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal with the name of its pass, its line in the original file, and what it is worth.

    Attributes:
        pass_name: The pass.
        line: In the file as it stands.
        proposal: The rewrite.
        alone_s: Expected seconds a build that it saves by itself.
        saves_s: Expected seconds a build that would be lost if it were left out of the set.
        saves_cold_s: The same of a cold build.
        edits: The same rewrite on the file as it stands, None where it needs another one first.
        digests: Its ``rewrite_digest`` in each text in which the search met this rewrite.
        proof: The build that has shown it to be right, None where none was needed or there is none yet.
    """

    pass_name: str
    line: int
    proposal: Proposal
    alone_s: float
    saves_s: float
    saves_cold_s: float
    edits: tuple[Edit, ...] | None = None
    digests: frozenset[str] = frozenset()
    proof: Proof | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The pass and the subject: what stays the same from one plan of a file to the next."""
        return self.pass_name, self.proposal.subject


@dataclass(frozen=True, slots=True)
class Refused:
    """A rewrite that was not made: which pass, where in the original file, and why."""

    pass_name: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen rewrites.

    Attributes:
        before: The analysis of the file as it stands.
        after: The analysis of the rewritten file; ``before`` itself where nothing changes.
        kept: What was applied.
        offered: What is not applied without being asked for, with what it would save.
        refused: What was looked at and not proposed, or saves too little.
        switch_cost_s: Predicted seconds of the first build after the switch, beyond an unchanged one.
        settings: Build settings that would save something beside it; none is applied.
    """

    before: Analysis
    after: Analysis
    kept: tuple[Chosen, ...]
    offered: tuple[Chosen, ...]
    refused: tuple[Refused, ...]
    switch_cost_s: float
    settings: tuple[Setting, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether some file's text differs."""
        return self.before.texts != self.after.texts

    def basis(self, change: Change = COLD, platform: str | None = None) -> Basis:
        """Return what stands behind the seconds before and after, the weaker of the two: by default those of totals."""
        return weakest(side.basis(change, platform) for side in (self.before, self.after))

    def files(self) -> tuple["Rewritten", ...]:
        """Return the files that change: the Dockerfile, the ignore file that counts for it, or both."""
        old, new = (side.dockerfile.text for side in (self.before, self.after))
        context = self.before.facts.request.context
        ignore = self.after.ignore
        name = context.rules.path or IGNORE_FILE
        beside = Rewritten(str(context.root / name) if context.root else name, context.rules.text, ignore or "")
        both = (Rewritten(self.before.dockerfile.path, old, new), *(() if ignore is None else (beside,)))
        return tuple(file for file in both if file.before != file.after)

    def diff(self) -> str:
        """Return the unified diff of all files that change, empty where nothing does."""
        return "".join(file.diff() for file in self.files())


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file that a plan changes: its path as the user would name it, and both texts; "" before where it is new."""

    path: str
    before: str
    after: str

    def diff(self) -> str:
        """Return the unified diff."""
        path = self.path.removeprefix("./")
        old, new = (text.splitlines(keepends=True) for text in (self.before, self.after))
        lines = difflib.unified_diff(old, new, f"a/{path}" if old else "/dev/null", f"b/{path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
