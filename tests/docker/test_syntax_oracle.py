import json
import re
import subprocess

import pytest
from tests.docker.engine import Engine
from tests.syntax.expansions import EXPANSIONS, SET
from tests.syntax.verdicts import VERDICTS, Verdict

SYNTAX = re.compile(r"^(\s*#\s*)(syntax\s*=)", re.IGNORECASE | re.MULTILINE)


def call(engine: Engine, method: str, text: str) -> str | None:
    """Ask the engine's frontend about a Dockerfile, of which it fetches no other; None where it refuses."""
    done = subprocess.run(
        ["docker", "buildx", "build", f"--call={method},format=json", "-f", "-", "/var/empty"],
        env=engine.environment,
        input=SYNTAX.sub(r"\1not-\2", text).encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    return None if done.returncode else done.stdout.decode()


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.fact)
def test_the_engine_accepts_and_refuses_what_the_table_says(engine: Engine, verdict: Verdict):
    accepted = call(engine, "targets", verdict.text) is not None
    assert accepted is (verdict.accepted != bool(verdict.differs))


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
