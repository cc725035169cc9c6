"""Break the corpus in many small ways: the parser refuses with a DockerfileError or gives the text back, nothing else.

python -m tests.syntax.mutate [--count 20000] [--seed 1]
"""

import argparse
import random
from collections import Counter
from collections.abc import Callable, Sequence

from tests.syntax.corpus import CORPUS, text_of
from tests.syntax.generated import DIRECTIVES, ENDS, FLAGS, KEYWORDS, OPENERS, PIECES

from layerwise.errors import DockerfileError
from layerwise.syntax import edit
from layerwise.syntax.parser import parse
from layerwise.syntax.variables import ExpansionError, expand_words, references

FRAGMENTS = (
    *KEYWORDS,
    *FLAGS,
    *PIECES,
    *OPENERS,
    *ENDS,
    *DIRECTIVES,
    "\0",
    "\udcff",
    "${",
    "}",
    "ONBUILD ",
    "\n",
    "\r",
)
Mutation = Callable[[random.Random, str], str]


def _insert(chance: random.Random, text: str) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(FRAGMENTS) + text[place:]


def _delete(chance: random.Random, text: str) -> str:
    start = chance.randint(0, len(text))
    return text[:start] + text[start + chance.choice((1, 1, 2, 5, 40)) :]


def _repeat(chance: random.Random, text: str) -> str:
    start = chance.randint(0, len(text))
    piece = text[start : start + chance.choice((1, 3, 20, 200))]
    place = chance.randint(0, len(text))
    return text[:place] + piece + text[place:]


def _swap_lines(chance: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return "".join(lines)


def _cut(chance: random.Random, text: str) -> str:
    return text[: chance.randint(0, len(text))]


def _splice(chance: random.Random, text: str) -> str:
    other = text_of(chance.choice(CORPUS))
    return text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]


MUTATIONS: Sequence[Mutation] = (_insert, _insert, _insert, _delete, _delete, _repeat, _swap_lines, _cut, _splice)


def mutated(chance: random.Random) -> str:
    """Take a file of the corpus and change it one to four times."""
    text = text_of(chance.choice(CORPUS))
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(MUTATIONS)(chance, text)
    return text


def outcome(text: str) -> str:
    """Parse a text and use what comes; AssertionError where it is not given back."""
    try:
        tree = parse(text)
    except DockerfileError as error:
        return "refused" if str(error) else "refused without a word"
    assert str(tree) == text == edit.apply(tree, [])
    for instruction in tree.instructions():
        assert instruction.source_offset(len(instruction.text)) <= len(text)
        try:
            references(instruction.text, tree.escape)
            expand_words(instruction.text, {"A": "1"}.get, tree.escape)
        except ExpansionError:
            continue
    return "accepted"


def run(count: int, seed: int) -> Counter[str]:
    """Try ``count`` mutated files; a crash names the text that made it."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        text = mutated(chance)
        try:
            outcomes[outcome(text)] += 1
        except Exception as error:
            raise AssertionError(f"{error!r} on {text!r}") from error
    return outcomes


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    print(dict(run(given.count, given.seed)))  # noqa: T201
