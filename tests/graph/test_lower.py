import pytest

from layerwise.ecosystems.effects import Path
from layerwise.errors import DockerfileError
from layerwise.graph.context import Context
from layerwise.graph.lower import find_target, lower
from layerwise.graph.request import BaseConfig, Request
from layerwise.graph.scope import unknown
from layerwise.graph.state import UNKNOWN_USER, UNKNOWN_WORKDIR
from layerwise.graph.vertex import Edge, Graph, Kind, Step
from layerwise.syntax.parser import parse

FILES = ("a", "d/b", "requirements.txt")


def graph(text: str, platform: str = "linux/amd64", **request: object) -> Graph:
    context = Context.from_paths(FILES, read=lambda _: b"text")
    return lower(parse(text), Request(context=context, **request), platform)  # type: ignore[arg-type]


def last(text: str, **request: object) -> Step:
    return graph(text, **request).steps[-1]


def ids(text: str, **request: object) -> list[str]:
    return [step.id for step in graph(text, **request)]


def piece(step: Step, label: str) -> str:
    return dict(step.definition)[label]


def refused(text: str, **request: object) -> tuple[int, str]:
    with pytest.raises(DockerfileError) as raised:
        graph(text, **request)
    (problem,) = raised.value.problems
    return problem.line, problem.message


def test_steps_are_counted_as_buildkit_counts_them() -> None:
    text = "FROM x AS Build\nENV A=1\nRUN a\nWORKDIR /\nCOPY a /\nADD a /\nWORKDIR /w\nLABEL a=1\nRUN b\n"
    assert ids(text) == ["build:1", "build:2", "build:4", "build:5", "build:6", "build:7"]
    assert [step.kind.name for step in graph(text)] == ["FROM", "RUN", "COPY", "ADD", "WORKDIR", "RUN"]


def test_a_stage_from_scratch_or_from_a_stage_counts_no_from() -> None:
    assert ids("FROM scratch\nCOPY a /\n") == ["stage-0:1"]
    assert ids("FROM x AS one\nRUN a\nFROM one\nRUN b\n") == ["one:1", "one:2", "stage-1:1"]


def test_only_what_the_target_needs_is_lowered() -> None:
    text = "FROM x AS one\nRUN a\nFROM x AS two\nRUN b\nFROM x AS three\nCOPY --from=one /a /\n"
    assert ids(text) == ["three:1", "one:1", "one:2", "three:2"]
    assert ids(text, target="TWO") == ["two:1", "two:2"]


def test_the_last_stage_of_a_name_is_the_target() -> None:
    dockerfile = parse("FROM x AS one\nFROM y AS one\nFROM z\n")
    assert find_target(dockerfile, "one").index == 1
    assert find_target(dockerfile, None).index == 2


@pytest.mark.parametrize(("text", "known"), [("FROM x AS one\n", "one"), ("FROM x\n", "none has a name")])
def test_a_target_that_is_not_there_is_an_error_that_lists_those_that_are(text: str, known: str) -> None:
    assert refused(text, target="0") == (1, f"no stage is called '0' (stages: {known})")


@pytest.mark.parametrize("reference", ["one", "ONE", "0"])
def test_a_copy_takes_from_a_stage_by_name_in_any_case_or_by_index(reference: str) -> None:
    step = last(f"FROM x AS one\nRUN a\nFROM y\nCOPY --from={reference} a/../b /c/ /to/\n")
    assert step.edges == (Edge("stage-1:1"), Edge("one:2", ("/b", "/c")))
    assert step.files == ()


def test_a_copy_takes_from_an_image_that_no_stage_is() -> None:
    made = graph("FROM y\nCOPY --from=img:1 /a /\nCOPY --from=img:1 /b /\n", platform="linux/arm64")
    assert [step.id for step in made] == ["stage-0:1", "img:1 (linux/arm64)", "stage-0:2", "stage-0:3"]
    image = made.step("img:1 (linux/arm64)")
    assert (image.stage, image.stage_index, image.line, image.instruction) == ("img:1", -1, 0, None)


def test_an_image_of_a_copy_is_that_of_the_target_platform() -> None:
    text = "FROM --platform=$BUILDPLATFORM y\nCOPY --from=img /a /\n"
    made = graph(text, platform="linux/arm64")
    assert [step.platform for step in made] == ["linux/amd64", "linux/arm64", "linux/amd64"]


def test_a_named_context_takes_the_place_of_a_stage_and_of_an_image() -> None:
    local = Context.from_paths(["z"])
    text = "FROM x AS one\nFROM y\nCOPY --from=one z /\nCOPY --from=img:latest /a /\n"
    made = graph(text, contexts={"one": local, "img": "other:2"})
    (selection,) = made.step("stage-1:2").files
    assert selection.context is local
    assert [edge.step for edge in made.step("stage-1:3").edges] == ["stage-1:2", "other:2 (linux/amd64)"]


def test_a_stage_may_start_from_a_named_context() -> None:
    text = "FROM x AS one\nFROM one\nRUN a\n"
    made = graph(text, contexts={"one": Context.from_paths(["etc/z"])})
    base, run = made
    assert (base.id, base.stage_index, [selection.placed for selection in base.files]) == (
        "stage-1:1",
        1,
        [{"etc/z": "/etc/z"}],
    )
    assert run.sees.exists("/etc/z")
    assert graph(text, contexts={"one": "img"}).steps[0].display == "FROM img"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("FROM x AS one\nCOPY --from=two /a /\nFROM x AS two\n", 2, "stage 'two' is not above this one"),
        ("FROM x AS one\nRUN --mount=from=one,target=/m a\n", 2, "stage 'one' is not above this one"),
        ("FROM x AS one\nFROM x AS two\nCOPY --from=one /a /\nFROM x AS one\n", 3, "stage 'one' is not above"),
        ("FROM x\nRUN a\nCOPY --from=1 /a /\n", 3, "there is no stage 1: the last is 0"),
        ("FROM x\nCOPY --from=$X /a /\n", 2, "--from takes no variable"),
        ("FROM x\n\nCOPY ${X:?unset} /\n", 3, "X: unset"),
        ("ARG X=${Y!}\nFROM x\n", 1, "${Y!…} is not an expansion"),
        ("FROM x:${Y!}\n", 1, "${Y!…} is not an expansion"),
        ("FROM x AS one\nONBUILD RUN --mount=target=${X!} a\nFROM one\n", 3, "${X!…} is not an expansion"),
    ],
)
def test_what_buildkit_refuses_only_when_it_builds_is_said_with_its_line(text: str, line: int, why: str) -> None:
    target = "two" if "AS one\nFROM x AS two" in text else "one" if "FROM x AS two" in text else None
    found, message = refused(text, target=target)
    assert found == line
    assert message.startswith(why)


def test_from_finds_earlier_stages_by_their_name_as_written_only() -> None:
    assert ids("FROM x AS one\nRUN a\nFROM ONE\nRUN b\n") == ["stage-1:1", "stage-1:2"]
    assert ids("FROM one\nRUN a\nFROM x AS one\nRUN b\n", target=None) == ["one:1", "one:2"]


def test_from_means_the_nearest_earlier_stage_of_a_name() -> None:
    made = graph("FROM x AS one\nRUN a\nFROM y AS one\nRUN b\nFROM one\nRUN c\n")
    assert [step.display for step in made] == ["FROM y", "RUN b", "RUN c"]
    assert [step.id for step in made] == ["one:1", "one:2", "stage-2:1"]


def test_stages_of_one_name_have_different_ids() -> None:
    text = "FROM x AS one\nRUN a\nFROM one AS two\nFROM y AS one\nCOPY --from=two /a /\n"
    assert ids(text) == ["one:1", "one-0:1", "one-0:2", "one:2"]


def test_a_base_that_only_an_argument_names_is_unknown() -> None:
    step = graph("ARG BASE\nFROM ${BASE}\n").steps[0]
    assert step.display == f"FROM {unknown('${BASE}', frozenset()).text}"
    assert graph("ARG BASE\nFROM ${BASE}\n", build_args={"BASE": "x:1"}).steps[0].display == "FROM x:1"


@pytest.mark.parametrize(
    ("flag", "platform"),
    [
        ("", "linux/arm64"),
        ("--platform=$BUILDPLATFORM", "linux/amd64"),
        ("--platform=x86_64", "linux/amd64"),
        ("--platform=linux/arm", "linux/arm/v7"),
        ("--platform=linux/arm64/v8", "linux/arm64"),
        ("--platform=linux/arm/v6", "linux/arm/v6"),
        ("--platform=$NONE", "linux/arm64"),
    ],
)
def test_the_platform_of_a_stage_is_its_own_or_the_target(flag: str, platform: str) -> None:
    assert {step.platform for step in graph(f"FROM {flag} x\nRUN a\n", platform="linux/arm64")} == {platform}


def test_a_stage_has_what_its_parent_came_to() -> None:
    text = 'FROM x AS one\nARG A=1\nENV E=2\nUSER me\nWORKDIR /w\nSHELL ["bash", "-c"]\nCOPY a .\nFROM one\nRUN a\n'
    step = last(text)
    assert piece(step, "env A") == "1"
    assert (piece(step, "user"), piece(step, "cwd"), piece(step, "command")) == ("me", "/w", "bash\0-c\0a")
    assert step.sees.exists("/w/a")
    assert step.edges == (Edge("one:3"),)


def test_what_a_child_sets_its_parent_and_siblings_do_not_have() -> None:
    text = "FROM x AS one\nFROM one AS two\nUSER me\nENV A=1\nRUN a\nFROM one\nCOPY --from=two /a /\nRUN b\n"
    assert piece(last(text), "user") == UNKNOWN_USER
    assert "env A" not in dict(last(text).definition)
    assert "instruction USER me" not in last(text).origins


def test_what_a_base_declares_is_in_force() -> None:
    base = BaseConfig(workdir="/srv/", user="app", env=(("A", "1"),), shell=("ash", "-c"), digest="sha256:1")
    made = graph("FROM x:1\nRUN a\nWORKDIR b\n", bases={"x:1": base})
    run, workdir = made.steps[1:]
    assert run.definition == (("command", "ash\0-c\0a"), ("cwd", "/srv"), ("user", "app"), ("env A", "1"))
    assert workdir.definition == (("workdir", "/srv/b"), ("user", "app"))
    assert made.steps[0].definition == (("image", "sha256:1"),)


def test_what_nobody_looked_up_of_a_base_is_said_to_be_unknown() -> None:
    step = last("FROM registry.test/x\nRUN a\n")
    assert (piece(step, "cwd"), piece(step, "user")) == (UNKNOWN_WORKDIR, UNKNOWN_USER)


def test_triggers_of_a_base_run_where_the_from_stands() -> None:
    base = BaseConfig(triggers=("ARG X=1", "RUN a", "WORKDIR /w", "COPY a b", "NEW c"))
    made = graph("# head\nFROM x\nRUN b\n", bases={"x": base})
    assert [step.display for step in made] == [
        "FROM x",
        "ONBUILD RUN a",
        "ONBUILD WORKDIR /w",
        "ONBUILD COPY a b",
        "ONBUILD NEW c",
        "RUN b",
    ]
    assert [step.line for step in made] == [2, 2, 2, 2, 2, 3]
    assert piece(made.steps[-1], "env X") == "1"


def test_triggers_of_a_stage_run_in_its_children_only() -> None:
    text = "FROM x AS one\nONBUILD RUN t\nRUN a\nFROM one AS two\nRUN b\nFROM two\nRUN c\n"
    made = graph(text)
    assert [(step.id, step.display) for step in made] == [
        ("one:1", "FROM x"),
        ("one:2", "RUN a"),
        ("two:1", "ONBUILD RUN t"),
        ("two:2", "RUN b"),
        ("stage-2:1", "RUN c"),
    ]


def test_a_linked_copy_stands_on_nothing_and_what_follows_on_both() -> None:
    made = graph("FROM x\nCOPY --link a /a\nCOPY --link=TRUE a /b\nRUN c\n")
    assert [step.edges for step in made] == [
        (),
        (),
        (),
        (Edge("stage-0:1"), Edge("stage-0:2"), Edge("stage-0:3")),
    ]
    assert [step.id for step in made.layers()] == ["stage-0:2", "stage-0:3", "stage-0:4"]


@pytest.mark.parametrize("flags", ["--link=false", "--link --chmod=644"])
def test_a_copy_is_not_linked_against_its_parent(flags: str) -> None:
    assert last(f"FROM x\nCOPY {flags} a /a\n").edges == (Edge("stage-0:1"),)


def test_unknown_instructions_and_flags_are_opaque_steps() -> None:
    for line in ("MOUNT /a", "RUN --new=1 a", "COPY --new a /b"):
        step = last(f"FROM x\nARG A=1\n{line}\n")
        assert step.effects.opaque
        assert step.effects.writes == {Path("/", tree=True)}
        assert step.sees.read("/b") is None
        changed = last(f"FROM x\nARG A=1\n{line.replace('new', 'newer').replace('/a', '/c')}\n")
        assert step.digest != changed.digest


def test_a_digest_is_equal_for_steps_that_are_one_vertex() -> None:
    made = graph(
        "FROM x AS one\nRUN a\nFROM x AS two\nRUN a\nFROM x\nRUN b\nCOPY --from=one / /\nCOPY --from=two / /\n"
    )
    assert made.step("one:2").digest == made.step("two:2").digest != made.step("stage-2:2").digest


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("RUN  a  b ", "/bin/sh\0-c\0a  b"),
        ('RUN ["a", "b c"]', "a\0b c"),
        ("RUN <<E\na\nE", "/bin/sh\0-c\0a\n"),
        ("RUN <<-'E'\n\ta\nE", "/bin/sh\0-c\0a\n"),
        ("RUN cat <<E && b\na\nE", "/bin/sh\0-c\0cat <<E && b\na\nE"),
        ("RUN <<E\n#!/bin/bash\nE", "/bin/sh\0-c\0/dev/pipes/E"),
    ],
)
def test_the_command_of_a_step_is_what_buildkit_executes(line: str, command: str) -> None:
    assert piece(last(f"FROM x\n{line}\n"), "command") == command


def test_a_script_with_an_interpreter_is_a_file_of_its_own() -> None:
    assert piece(last("FROM x\nRUN <<E\n#!/bin/bash\nE\n"), "file /dev/pipes/E") == "#!/bin/bash\n"


def test_switches_that_say_what_holds_anyway_are_in_no_definition() -> None:
    plain = last("FROM x\nRUN a\n").definition
    assert last("FROM x\nRUN --network=default --security=sandbox a\n").definition == plain
    assert piece(last("FROM x\nRUN --network=none a\n"), "network") == "none"
    assert piece(last("FROM x\nRUN --device=gpu a\n"), "--device") == "gpu"


def test_a_run_depends_on_the_settings_in_force() -> None:
    text = (
        "FROM x\nARG A=1\nENV B=$A\nUSER one\nUSER two\nWORKDIR /w\nWORKDIR v\n"
        'SHELL ["sh", "-c"]\nLABEL l=1\nRUN --mount=type=cache,target=$A a\n'
    )
    assert last(text).origins == {
        "arg A",
        "instruction ARG A=1",
        "instruction ENV B=$A",
        "instruction USER two",
        "instruction WORKDIR /w",
        "instruction WORKDIR v",
        'instruction SHELL ["sh", "-c"]',
        "instruction RUN --mount=type=cache,target=$A a",
    }


def test_a_copy_depends_on_what_its_own_words_use() -> None:
    text = "FROM x\nARG A=1\nARG B=2\nARG C=3\nWORKDIR /w\nCOPY --chown=$A <<E d/$B /to/\n$C\nE\n"
    assert {origin for origin in last(text).origins if origin.startswith("arg")} == {"arg A", "arg B", "arg C"}
    assert "instruction WORKDIR /w" not in last(text).origins
    assert "instruction WORKDIR /w" in last("FROM x\nWORKDIR /w\nCOPY a b\n").origins


def test_the_image_config_depends_on_what_makes_no_step() -> None:
    text = 'FROM x\nARG A=1\nLABEL l=$A\nENV e=1\nEXPOSE $A\nUSER me\nCMD ["a"]\nONBUILD RUN b\n'
    assert graph(text).config_origins == {
        "arg A",
        "instruction ARG A=1",
        "instruction LABEL l=$A",
        "instruction ENV e=1",
        "instruction EXPOSE $A",
        "instruction USER me",
        'instruction CMD ["a"]',
        "instruction ONBUILD RUN b",
    }


@pytest.mark.parametrize(
    ("destination", "absolute"),
    [
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("b", "/w/b"),
        (".", "/w/"),
        ("./", "/w/"),
        ("../b", "/b"),
        ("/", "/"),
        ("$V", "/v"),
    ],
)
def test_a_destination_is_absolute_and_keeps_its_slash(destination: str, absolute: str) -> None:
    step = last(f"FROM x\nENV V=/v\nWORKDIR /w\nCOPY a {destination}\n")
    assert piece(step, "destination") == absolute
    assert step.effects.writes == {Path(absolute.rstrip("/") or "/", tree=True)}


def test_a_working_directory_is_relative_to_the_one_before() -> None:
    assert [
        dict(step.definition).get("workdir") for step in graph("FROM x\nWORKDIR /a\nWORKDIR b/../c\nWORKDIR /\n")
    ] == [
        None,
        "/a",
        "/a/c",
    ]


def test_add_fetches_and_copy_does_not() -> None:
    fetched = last("FROM x\nADD --checksum=sha256:1 https://x.test/a.tar /a/\n")
    assert fetched.effects.fetches
    assert (piece(fetched, "remote source"), piece(fetched, "--checksum")) == ("https://x.test/a.tar", "sha256:1")
    assert [work.kind for work in fetched.effects.work] == ["download"]
    assert not last("FROM x\nCOPY d.git /a/\n").effects.fetches
    mixed = last("FROM x\nADD a git@x.test:r.git /a/\n")
    assert mixed.effects.fetches
    assert mixed.files[0].placed == {"a": "/a/a"}


def test_a_copy_of_here_documents_alone_takes_no_files() -> None:
    step = last("FROM x\nARG V=1\nCOPY <<ONE <<'TWO' /to/\n$V $W\nONE\n$V\nTWO\n")
    assert step.files == ()
    assert piece(step, "file ONE") == "$V $W\n\0V=1"
    assert piece(step, "file TWO") == "$V\n"


def test_mounts_bring_files_stages_and_images() -> None:
    text = (
        "FROM x AS one\nFROM x\nRUN --mount=from=one,source=/s,target=/1 --mount=from=img,target=/2 "
        "--mount=source=d,target=/3 --mount=type=cache,from=one,target=/4 --mount=type=secret,id=s,env=S a\n"
    )
    step = last(text)
    assert step.edges == (
        Edge("stage-1:1"),
        Edge("one:1", ("/s",)),
        Edge("img (linux/amd64)", ("/",)),
        Edge("one:1", ("/",)),
    )
    assert [selection.placed for selection in step.files] == [{"d/b": "/3/b"}]


def test_a_mount_knows_no_stage_by_its_number() -> None:
    assert [edge.step for edge in last("FROM x\nFROM y\nRUN --mount=from=0,target=/m a\n").edges] == [
        "stage-1:1",
        "0 (linux/amd64)",
    ]


def test_a_mount_is_seen_while_its_step_runs_and_not_later() -> None:
    text = "FROM x\nWORKDIR /w\nRUN --mount=source=requirements.txt,target=r.txt pip install -r r.txt\nRUN b\n"
    install, after = graph(text).steps[-2:]
    assert install.effects.manifests == ("/w/r.txt",)
    assert not after.sees.exists("/w/r.txt")


def test_files_are_known_until_something_may_have_written_them() -> None:
    text = "FROM x\nCOPY d /w/\nCOPY a /w/\nRUN true\nRUN ./unknown\nRUN b\n"
    copied, after, unknown = graph(text).steps[3:]
    assert copied.sees.read("/w/b") == after.sees.read("/w/b") == "text"
    assert unknown.sees.read("/w/b") is None
    assert unknown.sees.exists("/w/b")
    assert (unknown.sees.children("/w"), unknown.sees.children("/v")) == (("a", "b"), ())
    assert copied.sees.read("/w/c") is None


def test_home_is_known_of_root_or_where_it_is_set() -> None:
    caches = [
        last(f"FROM python:3.12\n{line}\nRUN pip install six\n").effects.caches
        for line in ("LABEL a=1", "ENV HOME=/h", "USER me")
    ]
    assert [{cache.path for cache in found} for found in caches] == [{"/root/.cache/pip"}, {"/h/.cache/pip"}, set()]


def test_a_graph_finds_its_steps() -> None:
    dockerfile = parse("FROM x\nENV a=1\nRUN b\n")
    made = lower(dockerfile, Request(context=Context.from_paths([])), "linux/amd64")
    setting, run = dockerfile.stages[0].instructions
    assert made.at(run) is made.step("stage-0:2")
    assert made.at(setting) is None
    assert (made.target, made.result, made.step("stage-0:1").kind) == (0, ("stage-0:2",), Kind.FROM)
    with pytest.raises(KeyError):
        made.step("stage-0:3")
