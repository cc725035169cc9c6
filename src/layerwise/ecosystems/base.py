"""What an ecosystem is: a module that knows some commands and what they do.

Temporary files of random name that a program makes and removes again are not among its writes: they meet no other.
"""

from typing import Protocol

from layerwise.ecosystems import names
from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import Effects, Environment, Openness, Scope, Work


class Ecosystem(Protocol):
    """A module of ``ecosystems``: the commands that it knows and their effects."""

    @property
    def NAMES(self) -> frozenset[str]:  # noqa: N802  # a constant of the module
        """The commands, by base name."""

    def effects(self, call: Call, scope: Scope) -> Effects:
        """Return what the command reads, writes and fetches; opaque where its arguments are not understood."""


SHELL_WORK = (Work("shell"),)
"""A command that takes a moment: files moved, text printed."""


def closed(*variables: str) -> Environment:
    """Return the environment of a command that reads ``variables``, what any program reads, and no others."""
    return Environment(Openness.CLOSED, names.every_program() | frozenset(variables))


def fetching(*variables: str, openness: Openness = Openness.CLOSED) -> Environment:
    """Return the environment of a command that uses the network and reads ``variables`` besides."""
    return Environment(openness, names.every_program() | names.fetchers() | frozenset(variables))
