import pathlib
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.config import Config, find_config, load, render
from layerwise.errors import ConfigError, Problem

PYPROJECT = ("tool", "layerwise")

EVERYTHING = """\
dockerfile = "docker/Dockerfile"
context = "app"
target = "runtime"
platforms = ["linux/amd64", "linux/arm/v7"]
commits = 50
threshold_s = 2
cold_weight = 0.1

[build_args]
DEBUG = "0"
MODE = ""

[passes]
off = ["late-args"]
only = ["manifest-first"]
allow = ["frozen"]

[rules]
off = ["early-argument"]
"""


def problems(text: str, table: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(textwrap.dedent(text), "layerwise.toml", table)
    return caught.value.problems


def test_every_key_is_taken():
    assert load(EVERYTHING) == Config(
        dockerfile="docker/Dockerfile",
        context="app",
        target="runtime",
        platforms=("linux/amd64", "linux/arm/v7"),
        build_args=(("DEBUG", "0"), ("MODE", "")),
        commits=50,
        threshold_s=2.0,
        cold_weight=0.1,
        passes_off=("late-args",),
        passes_only=("manifest-first",),
        passes_allow=("frozen",),
        rules_off=("early-argument",),
    )


def test_an_empty_file_settles_nothing():
    assert load("") == Config()


def test_pyproject_has_its_own_table():
    text = '[project]\nname = "x"\n[tool.layerwise]\ntarget = "a"\n[tool.layerwise.passes]\noff = ["late-args"]\n'
    assert load(text, "pyproject.toml", PYPROJECT) == Config(target="a", passes_off=("late-args",))


@pytest.mark.parametrize(
    ("line", "must_be"),
    [
        ("dockerfile = 3", "a path"),
        ('dockerfile = ""', "a path"),
        ("target = []", "the name of a stage"),
        ('platforms = "linux/amd64"', "a list such as"),
        ('platforms = ["amd64"]', "a list such as"),
        ("commits = 0", "a whole number above 0"),
        ("commits = true", "a whole number above 0"),
        ("commits = 1.5", "a whole number above 0"),
        ("threshold_s = -1", "a number of seconds"),
        ("cold_weight = inf", "a number, 0 or more"),
        ("build_args = { A = 1 }", "a table of texts"),
        ("passes.off = [1]", "a list such as"),
        ("passes.only = 3", "a list such as"),
        ('passes.allow = "frozen"', "a list such as"),
        ("rules.off = [1]", "a list such as"),
        ("baseline = []", "a path"),
    ],
)
def test_a_wrong_value_says_what_is_right_and_where(line, must_be):
    (problem,) = problems(f"# a comment\n\n{line}\n")
    assert problem.line == 3
    assert f"{line.split(' ')[0]} must be {must_be}" in problem.message
    assert problem.excerpt == line


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("dockerfil", "dockerfile"),
        ("build-args", "build_args"),
        ("threshold", "threshold_s"),
        ("platform", "platforms"),
        ("passes.of", "passes.off"),
    ],
)
def test_an_unknown_key_suggests_the_nearest(key, meant):
    (problem,) = problems(f'{key} = "x"\n')
    assert problem.message == f"unknown key {key}; did you mean {meant}?"


def test_a_key_like_no_other_lists_them_all():
    (problem,) = problems("zzz = 1\n")
    assert problem.message.startswith("unknown key zzz; the keys are dockerfile, context, target,")


def test_a_table_that_is_no_table_is_named():
    (problem,) = problems("passes = 3\n")
    assert problem.message == "passes must be a table"


def test_several_mistakes_are_named_at_once_in_the_order_of_lines():
    found = problems('commits = 0\ntarget = "a"\n[passes]\nof = 1\noff = 2\n')
    assert [problem.line for problem in found] == [1, 4, 5]


def test_a_mistake_is_found_below_its_own_table():
    found = problems(
        '[project]\ncommits = 0\n[tool.other]\ncommits = 0\n[tool.layerwise]\n\n  commits = "x"\n', PYPROJECT
    )
    assert [(problem.line, problem.column) for problem in found] == [(7, 3)]


def test_a_mistake_in_an_inline_table_is_placed_at_the_key_that_holds_it():
    (problem,) = problems("commits = 1\nbuild_args = { A = 1 }\n")
    assert problem.line == 2
    (problem,) = problems("[tool]\nlayerwise = { commits = 0 }\n", PYPROJECT)
    assert problem.line == 2


@pytest.mark.parametrize(
    ("text", "line"), [('a = 1\nb = "\n', 2), ("a = 1\nb = [1,\n", 2), ("= 1", 1), ("a = 1\na = 2", 2)]
)
def test_broken_toml_says_where(text, line):
    (problem,) = problems(text)
    assert problem.line == line
    assert problem.message.startswith("no TOML: ")
    assert "(at " not in problem.message


def test_the_error_shows_the_line():
    with pytest.raises(ConfigError) as caught:
        load("commits = 0\n", "layerwise.toml")
    assert str(caught.value) == (
        "layerwise.toml:1:1: commits must be a whole number above 0, not 0\n    commits = 0\n    ^"
    )


def test_the_nearest_file_up_to_the_root_counts(tmp_path: pathlib.Path):
    (tmp_path / "layerwise.toml").write_text("commits = 1\n")
    root = tmp_path / "repository"
    inner = root / "a" / "b"
    inner.mkdir(parents=True)
    assert find_config(inner) == Config()
    (root / ".git").mkdir()
    assert find_config(inner) == Config()
    (root / "layerwise.toml").write_text('commits = 2\ncontext = "a"\ndockerfile = "a/Dockerfile"\nbaseline = "b"\n')
    assert find_config(inner) == Config(commits=2, context="..", dockerfile="../Dockerfile", baseline="../../b")
    (root / "a" / "layerwise.toml").write_text("commits = 3\n")
    found = find_config(inner)
    assert found == Config(commits=3)
    assert found.source == str(root / "a" / "layerwise.toml")


def test_a_pyproject_without_our_table_is_passed_over(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "layerwise.toml").write_text("commits = 2\n")
    inner = tmp_path / "a"
    inner.mkdir()
    (inner / "pyproject.toml").write_text('[project]\ndependencies = ["layerwise"]\n')
    assert find_config(inner).commits == 2
    (inner / "pyproject.toml").write_text("[tool.layerwise]\ncommits = 3\n")
    assert find_config(inner).commits == 3


def test_a_broken_pyproject_of_somebody_else_does_not_matter(tmp_path):
    (tmp_path / "pyproject.toml").write_text("broken = \n")
    assert find_config(tmp_path) == Config()


def test_a_file_that_is_not_utf_8_says_so(tmp_path):
    (tmp_path / "layerwise.toml").write_bytes(b'commits = 1\ntarget = "\xff"\n')
    with pytest.raises(ConfigError, match=r"layerwise\.toml:2:1: no TOML: not in UTF-8"):
        find_config(tmp_path)


def test_an_unset_key_is_rendered_as_a_comment_with_its_meaning():
    text = render(Config(target="app"), {"target": ".github/workflows/build.yml:31"})
    assert '# The stage to build. Found in .github/workflows/build.yml:31.\ntarget = "app"\n' in text
    assert '# The build context, from here.\n# context = "."\n' in text
    assert text.index("commits = 300") < text.index("[passes]")


def test_what_is_shown_as_an_example_would_be_accepted():
    text = render(Config()).replace("\n# ", "\n")
    lines = [line for line in text.splitlines() if " = " in line or line.startswith("[")]
    assert load("\n".join(lines)).platforms == ("linux/amd64",)


texts = st.text(st.characters(codec="utf-8"), min_size=1)
configs = st.builds(
    Config,
    dockerfile=st.none() | texts,
    context=st.none() | texts,
    target=st.none() | texts,
    platforms=st.lists(st.sampled_from(["linux/amd64", "linux/arm64", "linux/arm/v7"]), unique=True).map(tuple),
    build_args=st.dictionaries(texts, st.text(st.characters(codec="utf-8"))).map(lambda pairs: tuple(pairs.items())),
    commits=st.integers(1, 10**6),
    threshold_s=st.floats(0, 1e9),
    cold_weight=st.floats(0, 1e9),
    baseline=st.none() | texts,
    passes_off=st.lists(texts).map(tuple),
    passes_only=st.lists(texts).map(tuple),
    passes_allow=st.lists(texts).map(tuple),
    rules_off=st.lists(texts).map(tuple),
)


@given(configs)
def test_what_is_rendered_reads_back_as_the_same(config):
    assert load(render(config)) == config


BUILDS = """\
nodes = { "linux/arm64" = "arm-box" }

[build]
tags = ["ghcr.io/acme/shop:latest"]
builder = "maker"

[cache]
kind = "registry"
mode = "min"
ref = "ghcr.io/acme/cache"
directory = "../cache"
main = "trunk"
"""


def test_what_builds_are_like_is_taken():
    config = load(BUILDS)
    assert config == Config(
        nodes=(("linux/arm64", "arm-box"),),
        tags=("ghcr.io/acme/shop:latest",),
        builder="maker",
        cache_kind="registry",
        cache_mode="min",
        cache_ref="ghcr.io/acme/cache",
        cache_directory="../cache",
        main_branch="trunk",
    )
    assert load(render(config)) == config


@pytest.mark.parametrize(
    ("text", "must_be"),
    [
        ('nodes = { arm64 = "box" }', "a table such as"),
        ('nodes = ["box"]', "a table such as"),
        ('[cache]\nkind = "s3"', '"registry", "local", "gha" or "none"'),
        ('[cache]\nmode = "most"', '"auto", "max", "min" or "off"'),
        ("[build]\ntags = 1", "a list such as"),
    ],
)
def test_what_builds_may_not_be_like_is_said(text, must_be):
    (problem,) = problems(text)
    assert must_be in problem.message


def test_a_local_cache_lies_where_the_file_says(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "layerwise.toml").write_text('[cache]\ndirectory = "cache"\n')
    assert find_config(tmp_path / "app").cache_directory == "../cache"
