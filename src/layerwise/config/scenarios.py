"""The user's own edits for scenarios: ``[scenarios.pip]`` of layerwise.toml."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnEdit:
    """What makes the change of a scenario, in a copy of the build context.

    Attributes:
        scenario: Its name: ``pip`` or ``deps:pip``, ``code``.
        command: A shell command, run in the copy; "" where there is a patch.
        patch: A file with a unified diff, paths from the context; "" where there is a command.
    """

    scenario: str
    command: str = ""
    patch: str = ""


def own_edits(value: object) -> tuple[OwnEdit, ...] | None:
    """Take a table of edits by scenario; None where one is no table with either a command or a patch."""
    if not isinstance(value, dict):
        return None
    edits = tuple(_edit(name, one) for name, one in value.items())
    return None if None in edits else tuple(edit for edit in edits if edit is not None)


def _edit(name: str, value: object) -> OwnEdit | None:
    if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= {"command", "patch"}:
        return None
    return OwnEdit(name, **value) if all(isinstance(one, str) and one for one in value.values()) else None
