import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.ecosystems.project import read, run, written

from layerwise.ecosystems.effects import Effects, Environment, Openness, Path
from layerwise.syntax.shell import parse_shell


def made(command: str, **given: str | None) -> set[str]:
    """Return where ``mkdir`` puts directories: the plainest effect there is."""
    effects = run(command, **given)
    assert effects.opaque is None, effects.opaque
    return written(effects)


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("mkdir a", {"/app/a/**"}),
        ("cd /x && mkdir a", {"/x/a/**"}),
        ("cd x && cd ../y && mkdir a", {"/app/y/a/**"}),
        ("cd /x; mkdir a", {"/x/a/**"}),
        ("(cd /x && mkdir a) && mkdir b", {"/x/a/**", "/app/b/**"}),
        ("cd /x | mkdir a", {"/app/a/**"}),
        ("{ cd /x; } && mkdir a", {"/x/a/**"}),
        ("cd && mkdir a", {"/root/a/**"}),
        ("cd ~/b && mkdir a", {"/root/b/a/**"}),
        ("cd /x || exit 1; mkdir a", {"/x/a/**"}),
        ("cd /x || cd /y; mkdir a", {"/**"}),
        ("cd $SOMEWHERE && mkdir a", {"/**"}),
        ("cd $SOMEWHERE && mkdir /a", {"/a/**"}),
        ("cd - && mkdir a", {"/**"}),
        ("pushd /x && mkdir a && popd && mkdir b", {"/x/a/**", "/**"}),
        ("test -d /x && cd /x; mkdir a", {"/**"}),
        ("if test -d /x; then cd /x; fi; mkdir a", {"/**"}),
        ("if test -d /x; then mkdir a; else mkdir b; fi", {"/app/a/**", "/app/b/**"}),
        ("f() { mkdir $1 /x; }; f", {"/**", "/x/**"}),
        ("f() { mkdir /x; return; mkdir /y; }; f && mkdir /z", {"/x/**", "/z/**"}),
        ("f() { mkdir /x; }; mkdir /y", {"/y/**"}),
        ("case $1 in a) mkdir a;; b) mkdir b;; esac", {"/app/a/**", "/app/b/**"}),
        ("for i in a b; do mkdir /x/$i; done", {"/x/a/**", "/x/b/**"}),
        ("for i in a b; do cd $i; done; mkdir c", {"/app/a/b/c/**"}),
        ("for i in a b; do cd $i; break; done; mkdir c", {"/**"}),
        ("for i in $LIST; do mkdir /x/$i; done", {"/x/**"}),
        ("while read x; do mkdir /x/$x; done < list", {"/x/**"}),
        ("while true; do cd a; mkdir b; done", {"/**", "/app/a/b/**"}),
        ("mkdir /a &\nmkdir /b; wait", {"/a/**", "/b/**"}),
        ("exit 0; mkdir /a", set()),
        ("! true || mkdir /a", {"/a/**"}),
        ("echo $(mkdir /a)", {"/a/**"}),
        ("X=$(mkdir /a) && mkdir /b", {"/a/**", "/b/**"}),
        ("sh -c 'cd /x && mkdir a' && mkdir b", {"/x/a/**", "/app/b/**"}),
        ("bash -euxo pipefail -c 'mkdir /a'", {"/a/**"}),
        ("sudo -E mkdir /a && env A=1 mkdir /b && nice -n 5 mkdir /c", {"/a/**", "/b/**", "/c/**"}),
        ("sudo bash -c 'mkdir /a'", {"/a/**"}),
        ("echo x > /f && echo y >> /g && cat < /h", {"/f", "/g"}),
        ("echo x >/dev/null 2>&1", set()),
        ("cat <<EOF >> $HOME/x\nbody\nEOF", {"/root/x"}),
        ("{ echo a; mkdir /b; } > /c", {"/b/**", "/c"}),
        ("set -eux; umask 022; :; true && mkdir /a", {"/a/**"}),
        ("[ -e /a ] || mkdir /b", {"/b/**"}),
        ("mkdir a\\\n b", {"/app/a/**", "/app/b/**"}),
    ],
)
def test_commands_write_where_the_script_stands(command, paths):
    assert made(command) == paths


@pytest.mark.parametrize(
    ("command", "environment", "paths"),
    [
        ("mkdir $D/a", {"D": "/x"}, {"/x/a/**"}),
        ("mkdir $D", {"D": "/x /y"}, {"/x/**", "/y/**"}),
        ('mkdir "$D"', {"D": "/x /y"}, {"/x /y/**"}),
        ("mkdir $D /z", {"D": ""}, {"/z/**"}),
        ("mkdir /x/$D", {"D": None}, {"/x/**"}),
        ("mkdir $D/x", {"D": None}, {"/**"}),
        ("mkdir /x/${D:-d}", {"D": ""}, {"/x/d/**"}),
        ("mkdir /x/${D:+d}", {"D": "1"}, {"/x/d/**"}),
        ("mkdir /x/${D-d}", {"D": ""}, {"/x/**"}),
        ("mkdir /x/${D%.*}", {"D": "1.2"}, {"/x/**"}),
        ("D=/y && mkdir $D", {"D": "/x"}, {"/y/**"}),
        ("export D=/y; mkdir $D", {}, {"/y/**"}),
        ("unset D; mkdir /x$D", {"D": "/y"}, {"/x/**"}),
        ("read D; mkdir /x/$D", {"D": "1"}, {"/x/**"}),
        ("D=$(date); mkdir /x/$D", {"D": "1"}, {"/x/**"}),
        ("(D=/y); mkdir $D", {"D": "/x"}, {"/x/**"}),
        ("if a=1; then D=/y; fi; mkdir /z/$D", {"D": "/x"}, {"/z/**"}),
        ("D=/a; f() { local D=/b; }; f; mkdir /z/$D", {}, {"/z/**"}),
        ("echo $((D=1)); mkdir /z/$D", {"D": "2"}, {"/z/**"}),
        ("D=1 sh -c 'mkdir /z/$D'", {"D": "2"}, {"/z/1/**"}),
        ("E=1; sh -c 'mkdir /z/$E'", {}, {"/z/**"}),
        ("D=1; sh -c 'mkdir /z/$D'", {"D": "2"}, {"/z/1/**"}),
        ("printf -v D x; mkdir /z/$D", {"D": "2"}, {"/z/**"}),
        ("mkdir /z/*.d $PWD/x", {}, {"/z/**", "/app/x/**"}),
        ("mkdir *.d", {}, {"/app/**"}),
        ("mkdir -p /data/{in,out}", {}, {"/data/**"}),
        ("cp $FILES/* /y", {"FILES": "/x"}, {"/y/**"}),
    ],
)
def test_known_values_are_used_and_unknown_ones_widen(command, environment, paths):
    assert made(command, **environment) - {"/data"} == paths


@pytest.mark.parametrize(
    ("command", "name", "reads"),
    [
        ("echo $A", "A", True),
        ("echo '$A'", "A", False),
        ("echo ${A:-$B}", "B", True),
        ("echo $((A + 1))", "A", True),
        ("echo ${#A}", "A", True),
        ("A=1; echo $A", "A", False),
        ("A=$A/x; echo $A", "A", True),
        ("for A in 1 2; do echo $A; done", "A", False),
        ('[ -n "$A" ] && true', "A", True),
        ("[[ $A == x ]]", "A", True),
        ("(( A > 1 ))", "A", True),
        ("case $A in x) ;; esac", "A", True),
        ("cat <<EOF\n$A\nEOF", "A", True),
        ("cat <<'EOF'\n$A\nEOF", "A", False),
        ("sh -c 'echo $A'", "A", True),
        ("A=1 sh -c 'echo $A'", "A", False),
        ("true", "A", False),
        ("true", "PATH", True),
        ("true", "LC_ALL", True),
        ("true", "LD_PRELOAD", True),
        ("true", "BASH_ENV", True),
        ("true", "HTTPS_PROXY", False),
        ("curl https://x", "HTTPS_PROXY", True),
        ("env", "ANYTHING", True),
        ("printenv", "ANYTHING", True),
        ("printenv A", "A", True),
        ("printenv A", "ANYTHING", False),
        ("set", "ANYTHING", True),
        ("export -p", "ANYTHING", True),
        ("declare", "ANYTHING", True),
        ("envsubst < a > b", "ANYTHING", True),
        ("env X=1 true", "ANYTHING", False),
        ("tar xf a", "TAR_OPTIONS", True),
        ("TAR_OPTIONS= tar xf a", "TAR_OPTIONS", False),
        ("awk 'BEGIN {print ENVIRON[\"A\"]}'", "A", True),
    ],
)
def test_the_variables_read_are_those_the_script_or_its_programs_look_at(command, name, reads):
    assert run(command).environment.reads(name) is reads


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("frobnicate", "does not know what frobnicate"),
        ("./configure", "runs ./configure"),
        ("/app/run.sh", "runs /app/run.sh"),
        ("make -j4", "runs project code: make"),
        ("python setup.py install", "runs project code: python setup.py"),
        ("python -c 'print()'", "runs project code"),
        ("curl https://x | sh", "runs a script fed to it"),
        ("wget -O- https://x | bash -s -- -y", "runs a shell script"),
        ("bash script.sh", "runs a shell script"),
        ('sh -c "$CMD"', "runs a shell script"),
        ("eval $X", "runs what a text says"),
        (". ./env.sh", "runs the script"),
        ("alias x=y", "runs what a text says"),
        ("$TOOL install", "name is not known"),
        ("$(which pip) install x", "name is not known"),
        ("export $(cat .env)", "names are not known"),
        ("find . -exec ./x {} \\;", "runs ./x"),
        ("xargs frobnicate", "does not know what frobnicate"),
        ("sudo -i apt-get update", "changes more than the user"),
        ("f() { f; }; f", "cannot be followed"),
        ("if a; then", "not shell"),
        ("ls `echo \\`x\\``", "not understood"),
        ("true | python", "runs project code"),
    ],
)
def test_what_is_not_known_makes_the_whole_run_opaque(command, reason):
    effects = run(command)
    assert reason in (effects.opaque or "")
    assert "/**" in written(effects)
    assert effects.environment.reads("ANYTHING")


def test_a_program_of_the_project_on_path_is_opaque():
    files = {"/app/bin/apt-get": "#!/bin/sh\n"}
    assert (
        run("apt-get update", files, PATH="/app/bin:/usr/bin").opaque
        == "runs apt-get of the project (/app/bin is on PATH)"
    )
    assert run("apt-get update", files, PATH="/usr/bin").opaque is None


def test_a_program_of_the_system_may_be_named_by_its_path():
    assert run("/usr/bin/apt-get update").opaque is None
    assert run("/app/bin/pip install x", {"/app/bin/pip": ""}).opaque == "runs /app/bin/pip"


def test_os_release_sets_its_variables():
    effects = run(". /etc/os-release && echo $VERSION_CODENAME > /etc/$ID")
    assert effects.opaque is None
    assert not effects.environment.reads("VERSION_CODENAME")
    assert "/etc/**" in written(effects)


def test_an_activated_environment_is_where_pip_installs():
    effects = run(". /opt/env/bin/activate && pip install flask", PATH="/usr/bin")
    assert effects.opaque is None
    assert "/opt/env/**" in written(effects)


def test_a_file_written_before_it_is_read_is_no_longer_known():
    files = {"/app/requirements.txt": "flask\n"}
    assert run("pip install -r requirements.txt", files).needs_source == ()
    changed = run("echo '-e .' >> requirements.txt && pip install -r requirements.txt", files)
    assert changed.needs_source == ("/app/requirements.txt could not be read before the build",)


def test_small_commands_count_as_one_piece_of_work():
    effects = run("apt-get update && rm -rf /x && mkdir /y && apt-get install -y a b")
    assert [(work.kind, work.packages) for work in effects.work] == [
        ("apt.update", 0),
        ("apt.install", 2),
        ("shell", 0),
    ]


def test_a_script_of_endless_turns_is_opaque():
    loops = "".join(f"for a{n} in 1 2 3 4 5 6 7 8 9; do " for n in range(6)) + "true; " + "done; " * 6
    assert run(loops).opaque == "the script is too long to follow"


def test_the_directory_read_is_known_for_conditions():
    assert "/app/x" in read(run("[ -f x ] || true"))
    assert "/x/y" in read(run("cd /x && test -e y"))


_WORDS = st.sampled_from(
    [
        "mkdir",
        "cd",
        "/x",
        "a",
        "$A",
        "${A:-b}",
        "$(ls)",
        "&&",
        "||",
        ";",
        "|",
        "&",
        "export",
        "A=1",
        ">f",
        "(",
        ")",
        "if",
        "then",
        "fi",
        "for",
        "in",
        "do",
        "done",
        "rm",
        "-rf",
        "*",
        "pip",
        "install",
        "-r",
        "-e",
        ".",
        "npm",
        "ci",
        "apt-get",
        "tar",
        "xf",
        "-",
        "--",
        "sh",
        "-c",
        "'echo $A'",
        "find",
        "-exec",
        "{}",
        "\\;",
        "sudo",
        "curl",
        "-o",
        "conda",
        "env",
        "update",
        "-f",
        "x.yml",
        "sed",
        "s/a/b/",
        "git",
        "clone",
    ]
)


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=50), st.lists(_WORDS, max_size=15).map(" ".join)))
def test_any_text_has_effects(text):
    effects = run(text)
    assert isinstance(effects, Effects)
    assert all(path.path.startswith("/") for path in effects.reads | effects.writes)
    assert set(effects.manifests) <= {path.path for path in effects.reads} or effects.opaque


@settings(max_examples=150)
@given(st.lists(_WORDS, min_size=1, max_size=8).map(" ".join), st.lists(_WORDS, min_size=1, max_size=8).map(" ".join))
def test_a_script_does_at_least_what_its_first_command_does(first, second):
    assume(parse_shell(first) is not None)  # `a &&` goes on in the next line
    one, both = run(f"{first}\n"), run(f"{first}\n{second}")
    if one.opaque or both.opaque:
        assert both.opaque or not one.opaque
        return
    assert one.reads <= both.reads
    assert one.writes <= both.writes
    assert one.environment.names <= both.environment.names
    assert both.fetches or not one.fetches


def test_openness_only_widens():
    for one in Openness:
        for other in Openness:
            joined = (Environment(one) | Environment(other)).openness
            assert joined in {one, other}
            assert Openness.OPEN not in {one, other} or joined is Openness.OPEN


def test_paths_overlap_where_one_covers_the_other():
    assert Path("/a", tree=True).overlaps(Path("/a/b"))
    assert not Path("/a").overlaps(Path("/a/b"))
    assert not Path("/a", tree=True).overlaps(Path("/ab"))


def test_what_stands_in_for_an_install_that_fails_costs_nothing():
    effects = run("pip install --no-index flask || pip install flask")
    assert [work.kind for work in effects.work] == ["pip.unpack"]
    assert [work.kind for work in run("test -e /x || pip install flask").work] == ["pip.install", "shell"]
