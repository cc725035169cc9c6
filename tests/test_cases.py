import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.analyses import PYTHON, analysis_of
from tests.meaning import MOVING, lost_meaning

from layerwise import catalogue
from layerwise.passes import PASSES
from layerwise.passes.base import Pass, Proposal, Refusal
from layerwise.syntax.edit import apply

CASES = Path(__file__).parent / "cases" / "passes"
PASS = dict(catalogue.by_name(*PASSES))
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass
class Case:
    pass_name: str
    before: str = ""
    after: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    ignore: str = ""
    ignored: str | None = None
    beside: dict[str, str] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)
    commits: list[list[str]] = field(default_factory=lambda: [["app/main.py"], ["app/main.py"]])
    arguments: dict[str, float] = field(default_factory=lambda: {"GIT_COMMIT": 1.0})
    platforms: tuple[str, ...] = ("linux/amd64",)
    safety: str = ""
    refused: str = ""


def read_cases() -> list[object]:
    found = []
    for path in sorted(CASES.glob("*.md")):
        for section in re.split(r"^## ", path.read_text(), flags=re.MULTILINE)[1:]:
            title, _, body = section.partition("\n")
            found.append(pytest.param(read_case(path.stem, body), id=f"{path.stem}: {title}"))
    return found


def read_case(name: str, body: str) -> Case:
    case = Case(name)
    dockerfiles = []
    for kind, argument, text in _FENCE.findall(body):
        match kind:
            case "dockerfile" | "version":
                (dockerfiles if kind == "dockerfile" else case.versions.setdefault(argument, [])).append(text)
            case "file" | "beside":
                {"file": case.files, "beside": case.beside}[kind][argument] = text
            case "link":
                case.links[argument] = text.strip()
            case "ignore" | "ignored":
                setattr(case, kind, text)
            case "commits":
                case.commits = [line.split() for line in text.splitlines()]
            case "arguments":
                case.arguments = {line.split()[0]: float(line.split()[1]) for line in text.splitlines()}
    case.before, case.after = dockerfiles[0], dockerfiles[1] if len(dockerfiles) > 1 else None
    if case.ignored is not None:
        case.after = case.after or case.before
    prose = _FENCE.sub("", body)
    case.safety = "".join(re.findall(r"^Safety: (.*)$", prose, re.MULTILINE))
    if found := re.search(r"^Platforms: (.*)$", prose, re.MULTILINE):
        case.platforms = tuple(found[1].split(", "))
    case.refused = "".join(re.findall(r"^Refused: (.*)$", prose, re.MULTILINE))
    assert bool(case.after) == bool(case.safety)
    assert case.after or case.refused or "Silent." in prose
    return case


@pytest.mark.parametrize("case", read_cases())
def test_the_pass_does_what_the_case_says(case: Case) -> None:
    module: Pass = PASS[case.pass_name]
    analysis = analysis_of(
        case.before,
        case.files or PYTHON,
        case.commits,
        case.arguments,
        ignore=case.ignore,
        links=case.links,
        beside=case.beside,
        platforms=case.platforms,
        versions=case.versions,
    )
    found = list(module.propose(analysis))
    proposals = [one for one in found if isinstance(one, Proposal)]
    reasons = [one.why for one in found if isinstance(one, Refusal)]
    if case.after is None:
        assert [apply(analysis.dockerfile, one.edits) for one in proposals] == []
        assert case.refused in " ".join(reasons)
        assert bool(reasons) == bool(case.refused)
        return
    if case.ignored is not None:
        assert {one.ignore: one.safety.value for one in proposals} == {case.ignored: case.safety}
        assert case.refused in " ".join(reasons)
    results = {apply(analysis.dockerfile, one.edits): one.safety.value for one in proposals}
    if case.pass_name in MOVING:
        assert {lost_meaning(analysis.dockerfile.text, result) for result in results} == {None}
    assert results.get(case.after) == case.safety, f"{results or reasons}"
