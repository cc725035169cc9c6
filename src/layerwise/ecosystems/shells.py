"""Shells that layerwise follows, and the script that their command line gives them."""

from layerwise.ecosystems.call import Argument

SHELLS = frozenset({"sh", "bash", "dash", "ash"})
"""The shells whose scripts layerwise follows, by base name."""


def command_text(arguments: tuple[Argument, ...]) -> str | None:
    """Return the script of ``sh [options] -c TEXT``, None where it is unknown or the shell runs something else."""
    rest = list(arguments)
    while rest:
        option = rest.pop(0).value
        if option in {"-o", "+o", "-O", "+O"} and rest:
            rest.pop(0)
        elif (
            option is None or not option.startswith(("-", "+")) or option.startswith("--") or set(option) & set("ilrs")
        ):
            return None
        elif "c" in option:
            while rest and (rest[0].value or "").startswith("-") and rest[0].value != "--":
                if "o" in (rest.pop(0).value or "") and rest:
                    rest.pop(0)
            return rest[0].value if rest else None
        elif "o" in option and rest:
            rest.pop(0)
    return None
