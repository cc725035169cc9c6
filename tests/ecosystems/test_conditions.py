import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyses import analysis_of
from tests.ecosystems.project import Project, run, written

from layerwise.ecosystems import effects_of_run
from layerwise.ecosystems.effects import Effects, Scope

SETTLED = {"TARGETARCH": "arm64", "EMPTY": "", "$(uname -m)": "aarch64", "$(dpkg --print-architecture)": "arm64"}


def told(script: str, **environment: str | None) -> Effects:
    known = {"TARGETARCH": "arm64", "EMPTY": "", **environment}
    return effects_of_run(script, ("/bin/sh", "-c"), Scope("/app", known, "", "/root", Project(), SETTLED))


@pytest.mark.parametrize(
    ("script", "paths"),
    [
        ('if [ "$TARGETARCH" = arm64 ]; then touch /yes; else touch /no; fi', {"/yes"}),
        ('if [ "$TARGETARCH" != "arm64" ]; then touch /yes; else touch /no; fi', {"/no"}),
        ("if [[ $TARGETARCH == amd64 ]]; then touch /yes; else touch /no; fi", {"/no"}),
        ("if test ${TARGETARCH} = arm64; then touch /yes; fi", {"/yes"}),
        ('if ! [ "$(uname -m)" = x86_64 ]; then touch /yes; fi', {"/yes"}),
        ("if [ a = b ]; then touch /a; elif [ `uname -m` = aarch64 ]; then touch /b; else touch /c; fi", {"/b"}),
        ('[ "$TARGETARCH" = amd64 ] && touch /yes; touch /always', {"/always"}),
        ('[ "$TARGETARCH" = amd64 ] || touch /yes', {"/yes"}),
        ('[ "$TARGETARCH" = arm64 ] || exit 1; touch /always', {"/always"}),
        ('if [ "$TARGETARCH" = arm64 ]; then exit 0; fi; touch /never', set()),
        ('machine="$(uname -m)"; [ "$machine" = x86_64 ] && touch /yes; touch /always', {"/always"}),
        ('a=$(dpkg --print-architecture); case "$a" in amd64) touch /a;; arm64|x) touch /b;; *) exit 1;; esac', {"/b"}),
        ("case $TARGETARCH in amd64) touch /a;; *) touch /b;; esac", {"/b"}),
        ("case $TARGETARCH in arm*) touch /a;; arm64) touch /b;; *) touch /c;; esac", {"/a", "/b"}),
        ("sh -c '[ \"$TARGETARCH\" = amd64 ] && touch /yes'", set()),
        ('[ "$EMPTY" = "" ] || touch /yes', set()),
    ],
)
def test_the_way_that_is_taken_counts_alone(script: str, paths: set[str]) -> None:
    assert written(told(script)) == paths


@pytest.mark.parametrize(
    "script",
    [
        'if [ "$MODE" = fast ]; then touch /yes; else touch /no; fi',
        'TARGETARCH=$MODE; if [ "$TARGETARCH" = arm64 ]; then touch /yes; else touch /no; fi',
        'read TARGETARCH; if [ "$TARGETARCH" = arm64 ]; then touch /yes; else touch /no; fi',
        'if [ "$TARGETARCH" = arm64 -a "$MODE" = fast ]; then touch /yes; else touch /no; fi',
        "if [ -n $TARGETARCH ]; then touch /yes; else touch /no; fi",
        "if [ $EMPTY = arm64 ]; then touch /yes; else touch /no; fi",
        "if [[ $TARGETARCH == arm* ]]; then touch /yes; else touch /no; fi",
        "if [[ $TARGETARCH == @(arm64|amd64) ]]; then touch /yes; else touch /no; fi",
        'uname() { echo x; }; if [ "$(uname -m)" = aarch64 ]; then touch /yes; else touch /no; fi',
        'if [ "$(uname -s)" = Linux ]; then touch /yes; else touch /no; fi',
        'if [ "${TARGETARCH%64}" = arm ]; then touch /yes; else touch /no; fi',
        "env TARGETARCH=amd64 sh -c 'if [ $TARGETARCH = arm64 ]; then touch /yes; else touch /no; fi'",
        "setarch i686 sh -c 'if [ $(uname -m) = aarch64 ]; then touch /yes; else touch /no; fi'",
        "for TARGETARCH in a $MODE; do if [ $TARGETARCH = arm64 ]; then touch /yes; else touch /no; fi; done",
    ],
)
def test_where_it_cannot_be_told_both_ways_count(script: str) -> None:
    assert written(told(script, MODE="fast")) == {"/yes", "/no"}


def test_where_an_arm_falls_through_every_arm_counts() -> None:
    script = "case $TARGETARCH in arm64) touch /a ;& amd64) touch /b;; s390x) touch /c;; esac"
    assert written(told(script)) == {"/a", "/b", "/c"}


def test_a_condition_still_reads_what_it_looks_at() -> None:
    assert told('[ "$TARGETARCH" = amd64 ] && touch /yes').environment.reads("TARGETARCH")


RUN = 'if [ "$(uname -m)" = x86_64 ]; then touch /yes; fi'


@pytest.mark.parametrize(
    ("base", "platforms", "found"),
    [
        ("debian", ("linux/amd64", "linux/arm64"), [{"/yes"}, set()]),
        ("debian", ("linux/arm64",), [{"/yes"}]),
        ("amd64/debian", ("linux/amd64", "linux/arm64"), [{"/yes"}, {"/yes"}]),
        ("debian@sha256:" + "0" * 64, ("linux/amd64", "linux/arm64"), [{"/yes"}, {"/yes"}]),
        ("debian", ("linux/amd64", "linux/arm/v7"), [{"/yes"}, {"/yes"}]),
    ],
)
def test_the_platform_decides_where_several_are_asked_for_and_the_base_has_it(
    base: str, platforms: tuple[str, ...], found: list[set[str]]
) -> None:
    analysis = analysis_of(f"FROM {base}\nRUN {RUN}\n", platforms=platforms)
    assert [written(graph.steps[-1].effects) for graph in analysis.graphs] == found


def test_an_argument_decides_nothing_for_another_build_may_pass_another() -> None:
    text = 'FROM debian\nARG MODE=fast\nENV CHOSEN=$MODE\nENV FIXED=1\nRUN if [ "$%s" = slow ]; then touch /yes; fi\n'
    both = ("linux/amd64", "linux/arm64")
    for name, paths in (("MODE", {"/yes"}), ("CHOSEN", {"/yes"}), ("FIXED", set())):
        assert written(analysis_of(text % name, platforms=both).graphs[0].steps[-1].effects) == paths


_WORDS = st.sampled_from(['"$TARGETARCH"', "$TARGETARCH", '"$(uname -m)"', "$arch", '"$MODE"', "arm64", "amd64", '""'])
_COMMANDS = st.sampled_from(["touch /a", "cp /x /b", "cd /opt", "touch c", "exit 1", "arch=$(uname -m)", "arch=$MODE"])
_TESTS = st.tuples(_WORDS, st.sampled_from(["=", "!="]), _WORDS).map(lambda parts: f"[ {' '.join(parts)} ]")
_LINES = st.recursive(
    _COMMANDS,
    lambda inner: st.one_of(
        st.tuples(_TESTS, inner, inner).map(lambda one: f"if {one[0]}; then {one[1]}; else {one[2]}; fi"),
        st.tuples(_TESTS, st.sampled_from(["&&", "||"]), inner).map(" ".join),
        st.tuples(_WORDS, inner, inner).map(lambda one: f"case {one[0]} in arm64) {one[1]};; *) {one[2]};; esac"),
        st.tuples(inner, inner).map("; ".join),
    ),
    max_leaves=8,
)


@given(_LINES)
def test_telling_adds_no_effects(script: str) -> None:
    known = {"TARGETARCH": "arm64", "EMPTY": "", "MODE": "fast"}
    with_values, whole = told(script, MODE="fast"), run(script, **known)
    for mine, all_of_it in ((with_values.writes, whole.writes), (with_values.reads, whole.reads)):
        assert all(any(wide.covers(path.path) for wide in all_of_it) for path in mine)
    assert whole.environment.names >= with_values.environment.names
    assert with_values.opaque is None
