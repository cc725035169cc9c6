"""What a command of a RUN reads, writes and fetches: one module a package manager.

``effects_of_run`` is the way in; ``effects_of_script`` and ``effects_of`` serve those who hold a part.
"""

from layerwise.ecosystems.dispatch import ECOSYSTEMS, effects_of
from layerwise.ecosystems.parts import Part, calls_of
from layerwise.ecosystems.run import DEFAULT_SHELL, command_of, effects_of_run, parts_of_run
from layerwise.ecosystems.script import effects_of_script

__all__ = [
    "DEFAULT_SHELL",
    "ECOSYSTEMS",
    "Part",
    "calls_of",
    "command_of",
    "effects_of",
    "effects_of_run",
    "effects_of_script",
    "parts_of_run",
]
