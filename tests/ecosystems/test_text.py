import pytest
from tests.ecosystems.project import read, run, written

from layerwise.ecosystems.sed import sed_is_plain


@pytest.mark.parametrize(
    ("command", "reads", "writes"),
    [
        ("echo a /b", set(), set()),
        ("printf '%s' a", set(), set()),
        ("cat a /b", {"/app/a/**", "/b/**"}, set()),
        ("head -n 1 a", {"/app/a/**"}, set()),
        ("ls", {"/app/**"}, set()),
        ("grep -r x src", {"/app/src/**"}, set()),
        ("grep -r x", {"/app/**"}, set()),
        ("grep -q x a", {"/app/a/**"}, set()),
        ("grep -e x a", {"/app/a/**"}, set()),
        ("sort -o /out a", {"/app/a/**"}, {"/out"}),
        ("echo 'd  f' | sha256sum -c -", {"/app/**"}, set()),
        ("jq -r .version package.json", {"/app/package.json/**"}, set()),
        ("awk '{print $1}' a", {"/app/a/**"}, set()),
        ("find /x -name '*.pyc' -delete", {"/x/**"}, {"/x/**"}),
        ("find /x /y -type f", {"/x/**", "/y/**"}, set()),
        ("find /x -exec chmod 644 {} +", {"/x/**"}, {"/x/**"}),
        ("find /x -type d -exec rm -rf {} \\; -o -name y", {"/x/**"}, {"/x/**"}),
        ("find / -name x -exec rm {} +", {"/**"}, {"/**"}),
        ("echo a | xargs -n 1 cat", {"/**"}, set()),
        ("xargs -a list cat /x", {"/**", "/app/list/**", "/x/**"}, {"/app/list/**"}),
        ("echo x | tee /a", {"/a"}, {"/a"}),
        ("sed -i 's/a/b/' /etc/x", {"/etc/x/**"}, {"/etc/x/**"}),
        ("sed -i.bak -e 's/a/b/g' -e '/x/d' a", {"/app/a/**"}, {"/app/a/**"}),
        ("sed -n 's/^a *//p' a", {"/app/a/**"}, set()),
        ("sed -ri 's/a/b/' a", {"/app/a/**"}, {"/app/a/**"}),
        ("test -f a -a -d b", {"/app/a", "/app/b"}, set()),
        ("[ -x /a ]", {"/a"}, set()),
        ('[ "$A" = b ]', set(), set()),
    ],
)
def test_paths_of_text_commands(command, reads, writes):
    effects = run(command)
    assert effects.opaque is None, effects.opaque
    assert read(effects) == reads
    assert written(effects) == writes


@pytest.mark.parametrize(
    "script",
    [
        "s/a/b/",
        "s|a|b|g",
        "s/a\\/b/c/gI2",
        "/x/d",
        "1d",
        "$d",
        "1,5d",
        "/a/,/b/s/x/y/",
        "s/a/b/;s/c/d/",
        "/x/!d",
        "y/a/b/",
        "a text",
        "/x/i\\ text",
        "$a text",
        "2q",
        "/^#/d;/^$/d",
        "s/a/b/p",
        "{s/a/b/;p}",
        "\\|x|d",
        ":a;N;$!ba;s/\\n/ /g",
    ],
)
def test_a_plain_sed_script_only_edits(script):
    assert sed_is_plain(script)


@pytest.mark.parametrize(
    "script",
    ["w /x", "s/a/b/w /x", "s/a/b/e", "e date", "1e", "r /etc/passwd", "s/a/b", "Z", "/x", "s/a/b/;w x", "{s/a/b/e}"],
)
def test_a_sed_script_that_runs_or_writes_is_not_plain(script):
    assert not sed_is_plain(script)
    assert run(f"sed '{script}' a").opaque


@pytest.mark.parametrize("program", ['{ system("x") }', '{ print > "f" }', '{ print | "sh" }', '{ getline < "f" }'])
def test_an_awk_program_that_acts_is_opaque(program):
    assert run(f"awk '{program}' a").opaque


@pytest.mark.parametrize("program", ["env.X", "$ENV.X", 'import "x" as y; .'])
def test_a_jq_program_may_read_the_environment(program):
    assert run(f"jq '{program}' a").environment.reads("ANYTHING")


def test_the_time_is_no_fixed_result():
    assert not run("date > /build-date").deterministic
    assert run("date -d @0 > /x").deterministic
    assert run("echo a > /x").deterministic
