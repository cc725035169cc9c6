import json
import re
import subprocess
from pathlib import Path

import pytest
from tests.docker.engine import Engine
from tests.syntax.corpus import CORPUS, elsewhere, text_of
from tests.syntax.expansions import EXPANSIONS, SET
from tests.syntax.verdicts import VERDICTS, Verdict

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Instruction

CONTEXT = Path(__file__).parent  # nothing of it is sent: no method reads the build context
SYNTAX = re.compile(r"\A(\ufeff?(?:#.*\n)*?)#\s*syntax\s*=.*\n", re.IGNORECASE)


def call(engine: Engine, method: str, text: str) -> str | None:
    """Ask the engine's built-in frontend about a Dockerfile; None where it refuses.

    The copy it gets has no syntax directive, for whose image it would ask a registry.
    """
    done = subprocess.run(
        ["docker", "buildx", "build", f"--call={method},format=json", "-f", "-", str(CONTEXT)],
        env=engine.environment,
        input=SYNTAX.sub(r"\1", text).encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        return done.stdout.decode()
    assert b"failed to solve" in done.stderr, done.stderr.decode()  # anything else is no verdict on the text
    return None


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.fact)
def test_the_engine_accepts_and_refuses_what_the_table_says(engine: Engine, verdict: Verdict):
    accepted = call(engine, "targets", verdict.text) is not None
    assert accepted is (verdict.accepted != bool(verdict.differs))


@pytest.mark.parametrize("path", [*CORPUS, *elsewhere()], ids=lambda path: path.name)
def test_the_engine_accepts_and_refuses_whole_files_as_we_do(engine: Engine, path: Path):
    accepted = call(engine, "targets", text_of(path)) is not None
    try:
        tree = parse(text_of(path))
    except DockerfileError:
        assert not accepted
    else:
        assert accepted or any(instruction.opaque or _too_new(instruction) for instruction in tree.instructions())


def _too_new(instruction: Instruction) -> bool:
    """Whether a flag is missing in the engine's built-in frontend: of BuildKit 0.25, and without labs features."""
    return instruction.flag("parents") is not None or instruction.flag("security") is not None


def test_the_engine_expands_as_the_table_says(engine: Engine):
    words = [word for word, expanded in EXPANSIONS.items() if expanded is not None]
    answer = call(engine, "outline", _arguments(words))
    assert answer is not None
    values = {arg["name"]: arg.get("value", "") for arg in json.loads(answer)["args"]}
    assert [values[f"word{index}"] for index in range(len(words))] == [EXPANSIONS[word] for word in words]


@pytest.mark.parametrize("word", [word for word, expanded in EXPANSIONS.items() if expanded is None])
def test_the_engine_refuses_to_expand_what_the_table_says(engine: Engine, word: str):
    assert call(engine, "outline", _arguments([word])) is None


def _arguments(words: list[str]) -> str:
    given = [f"ARG {name}='{value}'" for name, value in SET.items()]
    asked = [f"ARG word{index}={word}" for index, word in enumerate(words)]
    return "\n".join(["FROM scratch", *given, *asked, ""])
