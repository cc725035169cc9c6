import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.config import find_config, load, render
from layerwise.config.scenarios import OwnEdit
from layerwise.errors import ConfigError

TEXT = """\
[scenarios.pip]
command = "sed -i s/1/2/ requirements.txt"

[scenarios.code]
patch = "bench/code.diff"
"""
NAMES = st.text(min_size=1, max_size=9)


def test_edits_are_read_from_their_tables():
    assert load(TEXT).scenarios == (
        OwnEdit("pip", command="sed -i s/1/2/ requirements.txt"),
        OwnEdit("code", patch="bench/code.diff"),
    )


def test_a_patch_is_seen_from_the_directory_that_is_looked_at(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "layerwise.toml").write_text(TEXT)
    (tmp_path / "app").mkdir()
    assert find_config(tmp_path / "app").scenarios[1].patch == "../bench/code.diff"
    assert find_config(tmp_path / "app").scenarios[0].patch == ""


@pytest.mark.parametrize(
    "text",
    [
        'scenarios = "pip"',
        'scenarios.pip = "sed"',
        "[scenarios.pip]\n",
        '[scenarios.pip]\ncommand = ""',
        '[scenarios.pip]\ncommand = "a"\npatch = "b"',
        '[scenarios.pip]\nshell = "a"',
        "[scenarios.pip]\ncommand = 3",
    ],
)
def test_anything_else_is_refused_with_what_it_must_be(text):
    with pytest.raises(ConfigError, match="scenarios must be a table of tables such as"):
        load(text)


@given(edits=st.dictionaries(NAMES, st.tuples(st.sampled_from(["command", "patch"]), NAMES), max_size=3))
def test_what_is_rendered_is_read_again(edits):
    rows = [f"[scenarios.{quoted(name)}]\n{kind} = {quoted(text)}\n" for name, (kind, text) in edits.items()]
    config = load("\n".join(rows))
    assert load(render(config)).scenarios == config.scenarios


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
