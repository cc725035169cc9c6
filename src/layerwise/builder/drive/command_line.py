"""A command line of ``docker buildx build``, taken apart as pflag does and put together again unchanged."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from layerwise.builder.drive.flags import Flags

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})  # as Go's strconv.ParseBool takes them


@dataclass(frozen=True, slots=True)
class Word:
    """A flag with its value, or what is no flag.

    Attributes:
        name: The flag's long name, "" for what is no flag.
        value: Its value; of a switch ``true`` unless it is written.
        text: The words as written.
    """

    name: str
    value: str
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The words after ``docker buildx build``, in order."""

    words: tuple[Word, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of a flag."""
        return tuple(word.value for word in self.words if word.name == name)

    def last(self, name: str) -> str:
        """Return the value that counts of a flag that may be given once, "" where it is not given."""
        return (self.values(name) or ("",))[-1]

    def on(self, name: str) -> bool:
        """Whether a switch is set."""
        return self.last(name) in _TRUE

    @property
    def plain(self) -> tuple[str, ...]:
        """The words that are no flags: the build context, of which buildx takes one."""
        return tuple(word.value for word in self.words if not word.name)

    @property
    def context(self) -> str:
        """The build context, ``.`` where none is given."""
        return (self.plain or (".",))[0]

    def only(self, names: frozenset[str]) -> "CommandLine":
        """Return the flags of these names."""
        return CommandLine(tuple(word for word in self.words if word.name in names))

    def without(self, *names: str) -> "CommandLine":
        """Return the command line without some flags."""
        return CommandLine(tuple(word for word in self.words if word.name not in names))

    def with_flags(self, *flags: tuple[str, str]) -> "CommandLine":
        """Return the command line with further flags, names and values, before all others."""
        added = tuple(Word(name, value, (f"--{name}={value}",)) for name, value in flags)
        return replace(self, words=(*added, *self.words))

    def with_plain(self, word: str) -> "CommandLine":
        """Return the command line with a further word that is no flag."""
        return CommandLine((*self.words, Word("", word, (word,))))

    def with_context(self) -> "CommandLine":
        """Return the command line with the build context named, as buildx wants it."""
        return self if self.plain else self.with_plain(".")

    def arguments(self) -> tuple[str, ...]:
        """Return the words as they go to buildx."""
        return tuple(text for word in self.words for text in word.text)


def parse(words: Sequence[str], flags: Flags, further: Callable[[], Flags] | None = None) -> CommandLine:
    """Return a command line taken apart.

    Flags after ``--`` are read too: that is where layerwise's other commands take those of buildx.

    Args:
        words: As the user wrote them.
        flags: That may be there.
        further: Gives more flags, asked once and only where a word is a flag that is not known. A flag that nobody
            knows is passed on as it is, for buildx to refuse.
    """
    return CommandLine(tuple(_Parsing(flags, further).words([word for word in words if word != "--"])))


class _Parsing:
    def __init__(self, flags: Flags, further: Callable[[], Flags] | None) -> None:
        self._flags = flags
        self._further = further

    def words(self, words: Sequence[str]) -> Iterator[Word]:
        left = iter(words)
        for word in left:
            if word == "-" or not word.startswith("-"):
                yield Word("", word, (word,))
            elif word.startswith("--"):
                yield self._long(word, left)
            else:
                yield from self._letters(word, left)

    def _long(self, word: str, left: Iterator[str]) -> Word:
        name, given, value = word[2:].partition("=")
        if given:
            return Word(name, value, (word,))
        return self._flag(name, word, left)

    def _letters(self, word: str, left: Iterator[str]) -> Iterator[Word]:
        """Yield the flags of ``-qf Dockerfile``, ``-fDockerfile`` or ``-f=Dockerfile``."""
        rest = word[1:]
        while rest:
            letter, rest = rest[0], rest[1:]
            name = self._name(letter)
            if name not in self._flags.values:
                value, rest = (rest[1:], "") if rest.startswith("=") else ("true", rest)
                yield Word(name, value, (f"-{letter}" if value == "true" else f"-{letter}={value}",))
            elif rest:
                yield Word(name, rest.removeprefix("="), (f"-{letter}{rest}",))
                return
            else:
                yield self._flag(name, f"-{letter}", left)

    def _flag(self, name: str, word: str, left: Iterator[str]) -> Word:
        self._look_up(known=self._flags.knows(name))
        if name in self._flags.values and (value := next(left, None)) is not None:
            return Word(name, value, (word, value))
        return Word(name, "" if name in self._flags.values else "true", (word,))

    def _name(self, letter: str) -> str:
        self._look_up(known=letter in self._flags.letters)
        return self._flags.letters.get(letter, letter)

    def _look_up(self, *, known: bool) -> None:
        if not known and self._further is not None:
            self._flags |= self._further()
            self._further = None
