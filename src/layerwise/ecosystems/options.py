"""Options of a command line in the GNU manner: ``-abc``, ``-o VALUE``, ``-oVALUE``, ``--long[=VALUE]``, ``--``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from layerwise.ecosystems.call import Argument


@dataclass(frozen=True, slots=True)
class Option:
    """An option as named (``-o``, ``--long``), and its value where it has one."""

    name: str
    value: Argument | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """A command line: its options in order, and the rest in order.

    An argument of which nothing is known counts as positional; ``doubtful`` says that one might be an option.
    """

    options: tuple[Option, ...]
    positionals: tuple[Argument, ...]

    def has(self, *names: str) -> bool:
        """Whether one of the options was given."""
        return any(option.name in names for option in self.options)

    def values(self, *names: str) -> tuple[Argument, ...]:
        """Return the values given to the options, in order."""
        return tuple(option.value for option in self.options if option.name in names and option.value is not None)

    def value(self, *names: str) -> Argument | None:
        """Return the value given last to one of the options."""
        return next(reversed(self.values(*names)), None)

    @property
    def doubtful(self) -> bool:
        """Whether some positional argument is wholly unknown, so that it might be anything, an option included."""
        return any(not argument.known and not argument.prefix for argument in self.positionals)

    def unknown(self, known: Iterable[str]) -> tuple[str, ...]:
        """Return the options given that are not among ``known``."""
        names = frozenset(known)
        return tuple(option.name for option in self.options if option.name not in names)


def parse(arguments: tuple[Argument, ...], valued: Iterable[str] = (), *, until_positional: bool = False) -> Options:
    """Split a command line; ``valued`` names the options that take a value.

    With ``until_positional`` everything from the first positional argument on is positional, as for ``sudo``.
    """
    takes_value = frozenset(valued)
    options: list[Option] = []
    positionals: list[Argument] = []
    rest = iter(arguments)
    for argument in rest:
        if argument.prefix == "--" and argument.value == "--":
            positionals.extend(rest)
        elif argument.prefix.startswith("--"):
            options.append(_long(argument, takes_value, rest))
        elif argument.prefix.startswith("-") and argument.prefix != "-":
            options.extend(_short(argument, takes_value, rest))
        else:
            positionals.append(argument)
            if until_positional:
                positionals.extend(rest)
    return Options(tuple(options), tuple(positionals))


def _long(argument: Argument, takes_value: frozenset[str], rest: Iterator[Argument]) -> Option:
    name, equals, _ = argument.text.partition("=")
    if equals:
        return Option(name, tail(argument, len(name) + 1))
    return Option(name, next(rest, None) if name in takes_value else None)


def _short(argument: Argument, takes_value: frozenset[str], rest: Iterator[Argument]) -> Iterator[Option]:
    if f"-{argument.text[1:]}" in takes_value and len(argument.text) > 2:  # noqa: PLR2004  # one word: -print, -exec
        yield Option(argument.text, next(rest, None))
        return
    for index, letter in enumerate(argument.text[1:], start=1):
        name = f"-{letter}"
        if name not in takes_value:
            yield Option(name)
        elif index + 1 < len(argument.text):
            yield Option(name, tail(argument, index + 1))
            return
        else:
            yield Option(name, next(rest, None))


def tail(argument: Argument, start: int) -> Argument:
    """Return the part of an argument from ``start`` on."""
    return Argument(argument.text[start:], argument.known, argument.prefix[start:], argument.glob)
