"""Values for build arguments that somebody passes and nobody here knows: no image is compared without them."""

from collections.abc import Mapping

from layerwise.analysis import Analysis
from layerwise.syntax.tree import Pairs

_COMMIT = "0123456789abcdef0123456789abcdef01234567"
"""What is passed most: a value that looks like a commit's id."""


def values(analysis: Analysis, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return options that give a value to each build argument that has none here: it is passed, nobody knows what.

    Without one a RUN that reads the argument would be the same wherever its ARG stands.
    """
    declared: dict[str, bool] = {}
    for instruction in analysis.dockerfile.instructions():
        if isinstance(instruction, Pairs) and instruction.keyword == "ARG":
            for pair in instruction.pairs:
                declared[pair.name] = declared.get(pair.name, False) or pair.value is not None
    passed = (name for name, value in analysis.facts.request.build_args.items() if value is None)
    unset = (name for name in passed if name not in environment and declared.get(name) is False)
    return tuple(f"--build-arg={name}={_COMMIT}" for name in sorted(unset))
