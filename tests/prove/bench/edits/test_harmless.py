import ast
import configparser
import json
import tomllib
import xml.etree.ElementTree as ET

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from layerwise.prove.bench.edits.harmless import changed
from layerwise.syntax.parser import parse

TOKENS = st.from_regex(r"[a-z0-9]{1,12}-[0-9]{1,4}", fullmatch=True)
ENDS = st.sampled_from(["", "\n", "\r\n", "\n\n"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def new(path: str, text: str, token: str) -> str:
    content = text.encode("utf-8", "surrogateescape")
    made = changed(path, content, token)
    assert made is not None
    assert made != content
    return made.decode("utf-8", "surrogateescape")


@given(value=JSON, end=ENDS, token=TOKENS)
@pytest.mark.parametrize("name", ["package.json", "a/package-lock.json", "composer.lock", "Pipfile.lock", "x.ipynb"])
def test_json_stays_the_same_json(name, value, end, token):
    assert json.loads(new(name, json.dumps(value) + end, token)) == value


@given(values=st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), st.integers(0, 99)), end=ENDS, token=TOKENS)
@pytest.mark.parametrize("name", ["pyproject.toml", "Cargo.lock", "poetry.lock", "uv.lock"])
def test_toml_stays_the_same_toml(name, values, end, token):
    text = "[tool]\n" + "\n".join(f"{key} = {value}" for key, value in values.items()) + end
    assert tomllib.loads(new(name, text, token)) == {"tool": values}


@given(value=JSON, end=ENDS, token=TOKENS)
@pytest.mark.parametrize("name", ["environment.yml", "pnpm-lock.yaml", "pubspec.lock"])
def test_yaml_stays_the_same_yaml(name, value, end, token):
    assert yaml.safe_load(new(name, yaml.safe_dump({"a": value}) + end, token)) == {"a": value}


@given(token=TOKENS, end=ENDS)
def test_python_stays_the_same_program(token, end):
    text = f"'''Doc.'''\n\n\ndef f():\n    return 1{end}"
    assert ast.dump(ast.parse(new("app/main.py", text, token))) == ast.dump(ast.parse(text))


@given(token=TOKENS, end=ENDS)
@pytest.mark.parametrize("name", ["pom.xml", "shop.csproj", "nuget.config", "Directory.Build.props"])
def test_xml_stays_the_same_document(name, token, end):
    text = f'<?xml version="1.0"?>\n<a><b c="1"/></a>{end}'
    assert ET.canonicalize(new(name, text, token)) == ET.canonicalize(text)


@given(token=TOKENS)
def test_an_ini_file_stays_what_it_says(token):
    read = configparser.ConfigParser()
    read.read_string(new("setup.cfg", "[metadata]\nname = shop", token))
    assert dict(read["metadata"]) == {"name": "shop"}


@given(token=TOKENS)
def test_a_dockerfile_stays_the_same_instructions(token):
    text = "FROM debian\nRUN <<EOF\necho\nEOF\nCOPY . ."
    lines = [(one.keyword, one.text) for one in parse(text, "Dockerfile").instructions()]
    assert [
        (one.keyword, one.text) for one in parse(new("Dockerfile", text, token), "Dockerfile").instructions()
    ] == lines


@pytest.mark.parametrize(
    ("name", "text"), [("go.sum", "a v1 h1:x=\n"), (".python-version", "3.12\n"), ("rust-toolchain", "stable")]
)
@given(token=TOKENS)
def test_a_file_without_comments_gets_blanks_at_the_end_of_its_last_line(name, text, token):
    made = new(name, text, token)
    assert made.split() == text.split()
    assert made.count("\n") == 1


@given(content=st.binary(), token=TOKENS, path=st.sampled_from(["a.py", "a.json", "b", "go.mod", "x.php", "a.html"]))
def test_what_is_there_stays_there(content, token, path):
    made = changed(path, content, token)
    if made is None:
        assert b"\0" in content or path == "x.php"
    elif path != "x.php":
        assert made.startswith(content.rstrip(b"\r\n"))


@given(
    tokens=st.lists(TOKENS, min_size=2, max_size=2, unique=True),
    path=st.sampled_from(["a.py", "package.json", "x.php"]),
)
def test_two_tokens_make_two_changes(tokens, path):
    one, other = (changed(path, b"<?php echo 1;\n", token) for token in tokens)
    assert one != other


def test_php_gets_its_comment_where_php_is_read():
    assert (
        new("index.php", "<!doctype html>\n<?php\necho 1;\n?>\n", "t-1")
        == "<!doctype html>\n<?php /* t-1 */\necho 1;\n?>\n"
    )
    assert changed("page.php", b"<h1>no php</h1>\n", "t-1") is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bun.lockb", b"x"),
        ("Gemfile.lock", b"GEM\n"),
        ("yarn.lock", b"# generated\n\n__metadata:\n  version: 6\n"),
        (".mvn/maven.config", b"-T1C\n"),
        ("logo.png", b"\x89PNG\0"),
    ],
)
def test_what_nobody_knows_a_harmless_change_of_is_left_alone(name, content):
    assert changed(name, content, "t-1") is None


def test_yarn_s_first_lock_takes_a_comment():
    assert new("yarn.lock", "# yarn lockfile v1\n", "t-1").endswith("# t-1\n")


def test_line_ends_are_those_of_the_file():
    assert new("a.py", "a = 1\r\nb = 2", "t-1") == "a = 1\r\nb = 2\r\n# t-1\r\n"


def test_a_script_without_a_suffix_is_known_by_its_first_line():
    assert new("bin/run", "#!/bin/sh\necho\n", "t-1") == "#!/bin/sh\necho\n# t-1\n"
