"""Results as SARIF 2.1.0, as code scanning services take them.

A result is named for its rule or pass, whose page is the help. Its partial fingerprint stays when lines move.
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from layerwise import __version__, catalogue
from layerwise.analysis import Analysis
from layerwise.passes import PASSES
from layerwise.plan import Chosen, Plan
from layerwise.report.figures import Json
from layerwise.report.fingerprint import fingerprints, instruction_at, places_chosen, places_found
from layerwise.report.phrases import saving
from layerwise.report.units import seconds
from layerwise.rules import RULES, Finding
from layerwise.syntax.edit import Edit, apply
from layerwise.syntax.tree import Dockerfile, Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT = "layerwise/v1"


def analyze_sarif(analysis: Analysis, found: Sequence[Finding], path: str) -> Json:
    """Return what the rules found; ``path`` is the Dockerfile's, from the repository's root."""
    modules = catalogue.by_name(*RULES)
    results: list[Json] = []
    for (name, rule, diagnosis), print_ in zip(found, fingerprints(places_found(analysis, found)), strict=True):
        mend = f" `layerwise optimize` looks at it with {rule.MENDED_BY}." if rule.MENDED_BY else ""
        lost = "The image may be wrong" if diagnosis.spoils else f"About {seconds(diagnosis.lost_s)} a build"
        text = f"{diagnosis.message}. {lost}.{mend}"
        result = _result(modules, name, rule.SEVERITY.value, text, print_)
        results.append(result | {"locations": [_location(analysis, diagnosis.line, path)]})
    return _log(modules, results)


def optimize_sarif(plan: Plan, path: str) -> Json:
    """Return the rewrites of a plan with their edits: those applied as warnings, those that are offered as notes."""
    modules = catalogue.by_name(*PASSES)
    chosen = (*plan.kept, *plan.offered)
    results: list[Json] = []
    for one, print_ in zip(chosen, fingerprints(places_chosen(plan, chosen)), strict=True):
        kept = one in plan.kept
        saves = "saves" if kept else "would save"
        text = f"{one.proposal.why}. It {saves} {saving(one)} and is {one.proposal.safety.value}."
        result = _result(modules, one.pass_name, "warning" if kept else "note", text, print_)
        result |= {"locations": [_location(plan.before, one.line, path)]}
        results.append(result | _fixes(plan.before, one, path))
    return _log(modules, results)


def _log(modules: Mapping[str, object], results: list[Json]) -> Json:
    driver: Json = {
        "name": "layerwise",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": catalogue.summary(module)},
                "help": {"text": catalogue.page(module), "markdown": catalogue.page(module)},
            }
            for name, module in modules.items()
        ],
    }
    run: Json = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(modules: Mapping[str, object], name: str, level: str, text: str, fingerprint: str) -> dict[str, Json]:
    return {
        "ruleId": name,
        "ruleIndex": list(modules).index(name),
        "level": level,
        "message": {"text": _unicode(text)},
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }


def _location(analysis: Analysis, line: int, path: str) -> Json:
    instruction = instruction_at(analysis, line)
    region: Json = _region(analysis.dockerfile, instruction.span) if instruction else {"startLine": max(line, 1)}
    return {"physicalLocation": {"artifactLocation": {"uri": quote(path)}, "region": region}}


def _region(dockerfile: Dockerfile, span: Span) -> dict[str, Json]:
    start, end = dockerfile.position(span.start), dockerfile.position(span.end)
    return {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}


def _fixes(analysis: Analysis, chosen: Chosen, path: str) -> dict[str, Json]:
    """Return the rewrite as a fix of the file as it stands, nothing where another one must come first.

    A rewrite that gives the ignore file another text, or whose bytes are no text, has none either.
    """
    dockerfile, edits = analysis.dockerfile, chosen.edits
    if edits is None or chosen.proposal.ignore is not None or _unicode(dockerfile.text) != dockerfile.text:
        return {}
    if _literally(dockerfile.text, edits) != apply(dockerfile, edits):
        edits = (Edit(Span(0, len(dockerfile.text)), apply(dockerfile, edits)),)
    replacements: list[Json] = [
        {"deletedRegion": _region(dockerfile, edit.span), "insertedContent": {"text": edit.text}}
        for edit in sorted(edits, key=lambda one: one.span)
    ]
    change: Json = {"artifactLocation": {"uri": quote(path)}, "replacements": replacements}
    return {"fixes": [{"description": {"text": f"Apply {chosen.pass_name}."}, "artifactChanges": [change]}]}


def _literally(text: str, edits: Iterable[Edit]) -> str:
    """Return the text as it is once each span is replaced, its end too."""
    for edit in sorted(edits, key=lambda one: one.span, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def _unicode(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
