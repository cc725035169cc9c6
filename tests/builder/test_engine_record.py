import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.builder.recorded import engine_records, text, vertex

from layerwise.builder.bundle import EngineRecord, Exporter, HistoryRecord, LocalState
from layerwise.builder.cgroups import Sample
from layerwise.builder.checkout import Checkout
from layerwise.builder.engine_record import Surroundings, context_path, dockerfile_path, record_of
from layerwise.builder.redact import Redactor
from layerwise.records import BuildRecord, Place, Resources, Source


def engine(shape: str, **changes: Any) -> EngineRecord:
    (one, *_) = engine_records(shape)
    return dataclasses.replace(one, record=msgspec.structs.replace(one.record, **changes))


def record(shape: str | EngineRecord, **around: Any) -> BuildRecord:
    one = engine(shape) if isinstance(shape, str) else shape
    known = {"project": "here", "source": Source.BUNDLE} | around
    return record_of(one, Surroundings(**known), Redactor(b"key"))


def state(path: str = "/tmp/shop", dockerfile: str = "", group: str = "") -> LocalState:
    return LocalState(local_path=path, dockerfile_path=dockerfile, group_ref=group)


def attributes(**values: str) -> dict[str, str]:
    return {name.replace("__", ":"): value for name, value in values.items()}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A directory with the Dockerfile of the failed build."""
    directory = tmp_path / "shop"
    directory.mkdir()
    (directory / "Dockerfile").write_text(text("failed"))
    return directory


def test_a_record_has_the_engine_s_name_and_times_of_its_build() -> None:
    one = engine("stages")
    found = record(one, builder="maker")
    assert one.record.created
    assert one.record.completed
    assert (found.id, found.builder, found.source) == (one.record.ref, "maker", Source.BUNDLE)
    assert found.started_at == one.record.created.epoch_s
    assert found.wall_s == pytest.approx(one.record.completed.epoch_s - one.record.created.epoch_s)


def test_a_record_without_an_end_lasts_as_long_as_its_events() -> None:
    one = engine("stages", completed=None)
    found = record(one)
    assert (found.started_at, found.wall_s) == (
        one.observed.started_at,
        pytest.approx((one.observed.ended_at or 0) - (one.observed.started_at or 0)),
    )


def test_a_record_says_from_where_its_context_came() -> None:
    found = record("stages")
    assert found.project == "github.com/acme/shop"
    assert (found.sources.dockerfile, found.sources.context) == ("Dockerfile", ".")
    assert len(found.sources.commit) == 40
    assert found.sources.dirty is None
    digest = hashlib.sha256(text("stages").encode()).hexdigest()
    assert found.sources.dockerfile_digest == digest


def test_a_record_without_a_repository_is_of_what_the_caller_says() -> None:
    found = record("failed")
    assert (found.project, found.sources.commit, found.sources.dockerfile_digest) == ("here", "", "")


def test_a_commit_with_changes_on_it_is_named_without_them() -> None:
    one = engine("failed", attributes={"vcs:revision": "c0ffee-dirty", "vcs:localdir:dockerfile": "./docker/"})
    assert record(one).sources.commit == "c0ffee"
    assert record(one).sources.dockerfile == "docker/Dockerfile"


def test_the_checkout_on_this_machine_says_more(shop: Path) -> None:
    (shop / "docker").mkdir()
    checkout = Checkout(shop.parent, "git.example/acme/shop", "c0ffee", (("a.txt", "1"),))
    one = engine("failed", local_state=state(str(shop), "docker/App.Dockerfile"))
    found = record(one, checkout=checkout, local=True)
    assert (found.project, found.sources.commit, found.sources.dirty) == (
        "git.example/acme/shop",
        "c0ffee",
        (("a.txt", "1"),),
    )
    assert (found.sources.dockerfile, found.sources.context) == ("shop/docker/App.Dockerfile", "shop")


@pytest.mark.parametrize(
    ("found", "context", "dockerfile"),
    [
        (state(), "/tmp/shop", "/tmp/shop/Dockerfile"),
        (state(dockerfile="App.Dockerfile"), "/tmp/shop", "/tmp/shop/App.Dockerfile"),
        (state(dockerfile="/else/Dockerfile"), "/tmp/shop", "/else/Dockerfile"),
        (state(dockerfile="-"), "/tmp/shop", None),
        (state("https://git.example/acme/shop.git"), None, None),
        (state("-"), None, None),
        (state(""), None, None),
        (None, None, None),
    ],
)
def test_the_context_and_the_dockerfile_are_paths_of_the_machine_that_built(
    found: LocalState | None, context: str | None, dockerfile: str | None
) -> None:
    one = engine("failed", local_state=found)
    assert context_path(one) == (context and Path(context))
    assert dockerfile_path(one) == (dockerfile and Path(dockerfile))


def test_the_name_of_the_dockerfile_may_be_an_attribute() -> None:
    one = engine("failed", local_state=state(), attributes={"filename": "App.Dockerfile"})
    assert dockerfile_path(one) == Path("/tmp/shop/App.Dockerfile")


def test_a_build_that_failed_has_the_lines_of_the_dockerfile_on_this_machine(shop: Path) -> None:
    found = record(engine("failed", local_state=state(str(shop))), local=True)
    assert {(one.id, one.line) for one in found.steps} >= {("broken:3", 8), ("stage-2:4", 13), ("slow:3", 3)}
    assert {one.place for one in found.steps} == {Place.NAME}
    assert found.sources.dockerfile_digest == hashlib.sha256(text("failed").encode()).hexdigest()


def test_a_dockerfile_that_was_edited_meanwhile_gives_no_lines(shop: Path) -> None:
    (shop / "Dockerfile").write_text("FROM debian\nRUN true\n")
    found = record(engine("failed", local_state=state(str(shop))), local=True)
    assert {one.line for one in found.steps} == {0}
    assert found.sources.dockerfile_digest == ""


@pytest.mark.parametrize("local", [True, False])
def test_a_dockerfile_of_another_machine_gives_none(local: bool, shop: Path) -> None:
    elsewhere = shop / "gone" if local else shop
    found = record(engine("failed", local_state=state(str(elsewhere))), local=local)
    assert {one.line for one in found.steps} == {0}


def test_named_contexts_are_minded_where_names_give_the_lines(shop: Path) -> None:
    (shop / "Dockerfile").write_text(text("named"))
    one = dataclasses.replace(engine("named", local_state=state(str(shop))), provenance={})
    found = record(one, local=True)
    assert {(step.id, step.line, step.place) for step in found.steps} == {
        ("builder:2", 2, Place.NAME),
        ("builder:3", 3, Place.NAME),
        ("stage-1:1", 6, Place.NAME),
        ("stage-1:2", 7, Place.NAME),
        ("stage-1:3", 8, Place.NAME),
    }


def test_arguments_come_from_the_request_or_else_from_the_provenance() -> None:
    with_argument = engine("failed", attributes=attributes(**{"build-arg__VERSION": "1", "target": "app"}))
    assert record(with_argument).sources.arguments == (("VERSION", "1"),)
    assert record(with_argument).sources.target == "app"
    ((name, value),) = record(engine("stages", attributes={})).sources.arguments
    assert (name, value[:5]) == ("API_TOKEN", "hmac:")


@pytest.mark.parametrize(
    ("exporters", "outputs"),
    [
        (None, ("cacheonly",)),
        ([], ("cacheonly",)),
        ([Exporter(type="image", attrs={"push": "true", "unpack": "false"})], ("image", "push")),
        ([Exporter(type="image", attrs={"unpack": "true"}), Exporter(type="local")], ("image", "unpack", "local")),
    ],
)
def test_outputs_are_named_as_their_exporters(exporters: list[Exporter] | None, outputs: tuple[str, ...]) -> None:
    assert record(engine("failed", exporters=exporters)).outputs == outputs


def test_the_builds_of_a_bake_have_their_group_in_common() -> None:
    groups = {record(one).group for one in engine_records("bake")}
    assert len(groups) == 1
    assert groups != {""}
    assert record("stages").group == ""


def test_a_step_whose_container_was_watched_has_what_it_used() -> None:
    (one,) = engine_records("platforms")
    run = vertex(one.observed, "[linux/arm64 stage-2 3/6] RUN")
    command = one.provenance["linux/arm64"].origins[run.digest].command
    (begin, end) = run.runs[0]
    sample = Sample(("/usr/bin/qemu-aarch64", command[0], *command), begin + 0.01, end - 0.01, 0.25, 4096)
    found = record(one, samples=(sample,))
    used = {step.id: step.resources for step in found.steps if step.resources}
    assert used == {"stage-2:3": Resources(cpu_s=0.25, peak_memory_bytes=4096, source="cgroup")}


def test_a_minimal_record_is_enough() -> None:
    (one,) = engine_records("stages")
    bare = dataclasses.replace(one, record=HistoryRecord(ref="bare"), provenance={})
    found = record(bare)
    assert (found.id, found.platforms, found.outputs, found.sources.dockerfile) == (
        "bare",
        (),
        ("cacheonly",),
        "Dockerfile",
    )
    assert json.loads(msgspec.json.encode(found))["id"] == "bare"
