"""Where instructions of a rewritten text stand in the file as the user has it."""

from collections import defaultdict

from layerwise.analysis import Analysis
from layerwise.graph.state import origin


class Lines:
    """The lines of a file's instructions.

    Args:
        original: The file.
    """

    def __init__(self, original: Analysis) -> None:
        self._places: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for stage in original.dockerfile.stages:
            for instruction in stage.instructions:
                self._places[origin(instruction)].setdefault(stage.index, instruction.line)

    def of(self, moved: str, stage: int, other: int) -> int:
        """Return the line of an instruction, of equal ones that in its stage; ``other`` where there is none like it.

        Args:
            moved: The instruction, in the words of ``graph.state.origin``.
            stage: Index of its stage, which is another one where a rewrite added a stage above.
            other: What is returned for an instruction that a rewrite brought.
        """
        places = self._places.get(moved, {})
        return places.get(stage, next(iter(places.values()), other))

    def at(self, analysis: Analysis, line: int) -> int:
        """Return the line of what stands at ``line`` in a rewritten text."""
        for stage in analysis.dockerfile.stages:
            for instruction in stage.instructions:
                if instruction.line == line:
                    return self.of(origin(instruction), stage.index, line)
        return line
