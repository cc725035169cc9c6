"""Every pass on the engine: its rewrite gives the same image, the seconds are for `python -m dev.passes_built`."""

from pathlib import Path

import pytest
from tests.docker.engine import Engine
from tests.docker.pass_examples import EXAMPLES, Example, build


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_rewrite_gives_the_same_image(example: Example, engine: Engine, tmp_path: Path) -> None:
    if missing := set(example.platforms) - set(engine.platforms):
        pytest.skip(f"no base images for {', '.join(sorted(missing))}")
    built = build(example, engine, tmp_path)
    assert not example.equal or built.real == ()
