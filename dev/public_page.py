"""The generated parts of docs/public.md: what `python -m dev.public --keep` found, and on what it was built."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dev.field_table import cause
from dev.public_repositories import Change, StandIn, Subject, read
from dev.public_results import results
from dev.public_table import markdown, refusals

Results = Sequence[Mapping[str, Any]]
_CAUSES = 10
_FAILED = 200  # characters of what docker said last


def measured() -> str:
    """What was measured, a row a scenario."""
    return measured_of(results())


def differences() -> str:
    """How the images differ, before against after, and two builds of the original against each other."""
    return differences_of(results())


def not_applied() -> str:
    """What was offered or refused: how often by pass, and the most frequent causes."""
    return not_applied_of(results())


def stand_ins() -> str:
    """What stands in for the images that the Dockerfiles start from, and what was changed for its sake."""
    return stand_ins_of(*read())


def measured_of(found: Results) -> str:
    """Return a summary, the table, and what does not build here."""
    if not found:
        return "Nothing has been kept yet."
    built = [one for one in found if "measured" in one]
    changed = [one for one in built if "paths" in one]
    equal = [one for one in changed if not one["real_differences"]]
    days = sorted({one["date"] for one in found})
    repositories = {repository(one) for one in built}
    summary = (
        f"{len(built)} Dockerfiles of {len(repositories)} repositories were built, {_span(days)}. "
        f"{len(changed)} of them were rewritten; of these, {len(equal)} make the same image as before."
    )
    failed = [f"- {one['name']} does not build here: {_last(one['failed'])}" for one in found if "failed" in one]
    return "\n".join([summary, "", markdown(found), *(["", *failed] if failed else [])])


def differences_of(found: Results) -> str:
    """Return a list of the real differences of each Dockerfile, and of what its original never builds the same."""
    lines: list[str] = []
    for one in found:
        if one.get("real"):
            lines.append(f"- {one['name']}: the rewritten image differs in {one['real_differences']}:")
            lines += [f"  - `{where}`" for where in one["real"]]
            lines += [f"  - with `{name}` alone: {_alone(differs)}" for name, differs in one["alone"].items()]
    if not lines and any("paths" in one for one in found):
        lines.append("No rewritten image differs from the original's.")
    own = [one for one in found if one.get("own")]
    if own:
        lines += [
            "",
            "Two builds of the original differ from each other in these, which say nothing about a rewrite:",
            "",
        ]
        lines += [f"- {one['name']}: {_some(one['own'], one['own_differences'])}" for one in own]
    return "\n".join(lines) or "Nothing has been compared yet."


def not_applied_of(found: Results) -> str:
    """Return the table by pass, and the most frequent causes, without the names of one file."""
    causes = Counter(f"`{one['pass']}`: {cause(one['why'])}" for result in found for one in result.get("refused", ()))
    if not causes:
        return refusals(found)
    lines = [f"The {min(_CAUSES, len(causes))} most frequent of {len(causes)} causes:", ""]
    lines += [f"- {count} times {_escaped(text)}" for text, count in causes.most_common(_CAUSES)]
    return "\n".join([refusals(found), "", *lines])


def stand_ins_of(made: Mapping[str, StandIn], subjects: Sequence[Subject]) -> str:
    """Return a row for each image that something stands in for, and the lines that were changed."""
    rows = ["| Dockerfile | starts from | here | changed besides |", "|---|---|---|---|"]
    for subject in subjects:
        first, changes = subject.name, ", ".join(map(_change, subject.adapted))
        for image, base in subject.bases.items():
            rows.append(f"| {first} | `{_short(image)}` | {_base(base, made)} | {changes} |")
            first = changes = ""
    return "\n".join(rows)


def repository(result: Mapping[str, Any]) -> str:
    """Return the repository of a result, whose name may name a Dockerfile besides."""
    return str(result["name"]).partition(" ")[0]


def _span(days: Sequence[str]) -> str:
    return f"on {days[0]}" if len(days) == 1 else f"from {days[0]} to {days[-1]}"


def _last(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return f"`{(lines or ['docker said nothing'])[-1][:_FAILED].replace('`', chr(39))}`"


def _alone(differs: Sequence[str]) -> str:
    return ", ".join(f"`{one}`" for one in differs) or "the same image"


def _some(differs: Sequence[str], count: int) -> str:
    more = f" and {count - len(differs)} more" if count > len(differs) else ""
    return ", ".join(f"`{one}`" for one in differs) + more


def _escaped(text: str) -> str:
    """Keep placeholders such as <step> from being taken for HTML."""
    return text.replace("<", "&lt;")


def _base(name: str, made: Mapping[str, StandIn]) -> str:
    place = f"../dev/standins/{made[name].recipe}/Dockerfile" if name in made else "engine.md#what-is-made"
    return f"[{name}]({place})"


def _short(image: str) -> str:
    reference, at, digest = image.partition("@")
    return f"{reference}{at}{digest[:14]}" if at else reference


def _change(change: Change) -> str:
    if change.old:
        return f"`{change.old}` by `{change.new}` in {change.file}"
    return f"`{change.append.strip()}` at the end of {change.file}"
