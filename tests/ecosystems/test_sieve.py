import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.graph.test_keys import graph

from layerwise.ecosystems.sieve import Rewritten, Sieve, pinned, scripts
from layerwise.graph.sieves import sieve_in

NAMES = ("numpy", "numpy2", "zope.interface", "Foo_Bar", "foo-bar", "a")
VERSIONS = ("1", "1.26.4", "2.0rc1", "1!2.0+local.1", "1.*", "")
TAILS = ("", " ", "\r", " # why", " ; python_version > '3'", " \\", " --hash=sha256:00", "==1", "\u00e9")
LINE = st.one_of(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(NAMES),
        st.sampled_from(("==", ">=", "~=", " == ")),
        *map(st.sampled_from, (VERSIONS, TAILS)),
    ),
    st.sampled_from(("", "# numpy==1", "-r other.txt", " numpy==1", "zopeXinterface==1", "\ufeffnumpy==1")),
    st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), max_size=6),
)
TEXT = st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINE, max_size=8), st.sampled_from(("", "\n")))
FORM = "sed -nE '/^(numpy|zope\\.interface)==[0-9A-Za-z.+!-]+$/p' /requirements.txt > /pinned.txt"


@settings(max_examples=150, deadline=None)
@given(TEXT, st.lists(st.sampled_from(NAMES), min_size=1, unique=True), st.integers(30, 60))
def test_what_is_kept_is_what_sed_keeps(text: str, names: list[str], width: int) -> None:
    written = [word for script in scripts(names, width) for word in ("-e", script)]
    for locale in ("C", "C.UTF-8"):
        ran = subprocess.run(
            ["sed", "-nE", *written], input=text.encode(), capture_output=True, check=True, env={"LC_ALL": locale}
        )
        assert ran.stdout.decode() == Sieve((tuple(names),), "/in", "/out").kept(text)


@given(LINE)
def test_a_line_that_pins_a_package_is_kept_by_its_name(line: str) -> None:
    name = pinned(line)
    assert name is None or Sieve(((name,),), "/in", "/out").kept(line) == line


def kept_by(command: str) -> Sieve | None:
    steps = graph(f"FROM x\nCOPY a /requirements.txt\nRUN {command}\n").steps
    return sieve_in(steps[-1])


def test_the_form_that_the_pass_writes_is_understood() -> None:
    assert kept_by(FORM) == Sieve((("numpy", "zope.interface"),), "/requirements.txt", "/pinned.txt")
    several = " ".join(f"-e '{one}'" for one in scripts(("numpy", "flask", "a.b"), 40))
    split = Sieve((("numpy", "flask"), ("a.b",)), "/requirements.txt", "/pinned.txt")
    assert kept_by(f"sed -nE {several} /./requirements.txt > /pinned.txt") == split


@pytest.mark.parametrize(
    "command",
    [
        FORM.replace("-nE", "-n"),
        FORM.replace("-nE", "-E"),
        FORM.replace("sed", "grep"),
        FORM.replace("/p'", "/d'"),
        FORM.replace("/p'", "/pw x'"),
        FORM.replace("+$", "+"),
        FORM.replace("^(", "("),
        FORM.replace("\\.", "."),
        FORM.replace("zope", ""),
        FORM.replace("|", "||"),
        FORM.replace("numpy", "num.*"),
        FORM.replace("numpy", "zope\\.interface"),
        FORM.replace(">", ">>"),
        FORM.replace("> /pinned.txt", "> /requirements.txt"),
        FORM.replace("> /pinned.txt", "> $OUT"),
        FORM.replace("> /pinned.txt", ""),
        FORM.replace("> /pinned.txt", "> /pinned.txt 2> /errors"),
        FORM.replace("/requirements.txt >", "/requirements.txt /more.txt >"),
        FORM.replace("'/^", "'s/a/b/;/^"),
        f"{FORM} && ls",
        f"ls | {FORM}",
        f"LC_ALL=C {FORM}",
        "sed",
    ],
)
def test_any_other_form_is_not(command: str) -> None:
    assert kept_by(command) is None


def test_a_change_shows_where_a_line_that_is_kept_comes_goes_or_changes() -> None:
    sieve = Sieve((("a", "b"),), "/in", "/out")

    def hides(before: str, after: str) -> bool:
        return sieve.hides(Rewritten("in", before, after))

    assert hides("a==1\nc==1\n", "# now\nc==2\na==1\nd\n")
    assert not hides("a==1\n", "a==2\n")
    assert not hides("a==1\n", "a==1\nb==1\n")
    assert not hides("a==1\nb==1\n", "b==1\na==1\n")
    assert not hides("a==1\n", "a==1 # a comment takes it out\n")
    assert not hides("a==1\n", "a==1")  # the end of the line is part of it
    assert not sieve.hides(None)


def test_scripts_are_no_longer_than_asked_where_names_are_not() -> None:
    assert scripts(("a", "bb", "a-name-that-is-too-long", "d", "e.f"), 34) == (
        "/^(a|bb)==[0-9A-Za-z.+!-]+$/p",
        "/^(a-name-that-is-too-long)==[0-9A-Za-z.+!-]+$/p",
        "/^(d|e\\.f)==[0-9A-Za-z.+!-]+$/p",
    )
