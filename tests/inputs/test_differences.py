from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.inputs.samples import Files, manifest, planted, step

from layerwise.inputs.differences import Differences, FileSetChange, PieceChange, StepDifference, differences
from layerwise.inputs.file_changes import FileChange, How
from layerwise.inputs.manifest import FileSet, Input, InputManifest, Part, Piece, StepInputs
from layerwise.inputs.masking import masked

COMMAND = Piece(Part.INSTRUCTION, "command", "make")
X1, X2, Y = (Piece(Part.VARIABLE, *one) for one in (("X", "1"), ("X", "2"), ("Y", "1")))
A, B = (Piece(Part.INSTRUCTION, "source", name) for name in ("a", "b"))


def one(old: InputManifest, new: InputManifest) -> StepDifference:
    (found,) = differences(old, new).steps
    return found


def pieces(old: tuple[Piece, ...], new: tuple[Piece, ...]) -> tuple[PieceChange, ...]:
    return one(manifest(step("RUN a", *old)), manifest(step("RUN a", *new))).pieces


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((COMMAND, X1), (COMMAND, X2), [("X", "1", "2")]),
        ((COMMAND, X1), (COMMAND,), [("X", "1", None)]),
        ((COMMAND,), (COMMAND, X1), [("X", None, "1")]),
        ((COMMAND, X1, Y), (COMMAND, Y, X2), [("X", "1", "2")]),
        ((COMMAND, X1, Y), (COMMAND, Y, X1), [("order", "X Y", "Y X")]),
        ((A, B), (B, A), [("source", "a", "b"), ("source", "b", "a")]),
        ((A, B), (A,), [("source", "b", None)]),
    ],
)
def test_a_piece_that_differs_is_named(
    old: tuple[Piece, ...], new: tuple[Piece, ...], expected: list[tuple[str, str, str]]
) -> None:
    assert [(change.name, change.was, change.now) for change in pieces(old, new)] == expected


def test_a_piece_is_of_its_part() -> None:
    assert pieces((COMMAND, X1), (COMMAND, X2)) == (PieceChange(Part.VARIABLE, "X", "1", "2"),)
    assert pieces((COMMAND, X1, Y), (COMMAND, Y, X1))[0].part is Part.VARIABLE


def test_what_only_one_side_masks_is_told_from_the_rest() -> None:
    hidden = Piece(Part.INSTRUCTION, "command", masked("use ***", "hmac:ab"))
    shown = Piece(Part.INSTRUCTION, "command", "use opensesame")
    assert not differences(manifest(step("RUN a", hidden)), manifest(step("RUN a", shown)))
    assert pieces((hidden,), (hidden._replace(value=masked("use ***", "hmac:cd")),))


def copies(files: Files, digest: str, **rest: object) -> InputManifest:
    trees: dict[str, bytes] = {}
    sets = (FileSet("", digest, planted(files, trees)),)
    return manifest(step("COPY . /", files=sets, **rest), trees=trees)  # type: ignore[arg-type]


def test_files_that_differ_are_named() -> None:
    old = copies({"d/a": ("1", 0o644), "b": ("2", 0o644)}, "sha256:1")
    new = copies({"d/a": ("9", 0o644), "b": ("2", 0o644)}, "sha256:2")
    assert one(old, new).files == (FileSetChange("", (FileChange("d/a", How.CONTENT),)),)


def test_files_of_the_same_key_do_not_differ_whatever_else_lies_beside_them() -> None:
    old, new = copies({"a": ("1", 0o644)}, "sha256:1"), copies({"b": ("1", 0o644)}, "sha256:1")
    assert old == new
    assert differences(old, new) == Differences()


def test_a_key_that_is_made_otherwise_is_a_difference_without_files() -> None:
    old, new = copies({"a": ("1", 0o644)}, "sha256:1"), copies({"a": ("1", 0o644)}, "sha256:2")
    assert one(old, new).files == (FileSetChange("", ()),)


def test_files_that_come_besides_are_named() -> None:
    trees: dict[str, bytes] = {}
    first, second = (FileSet("", f"sha256:{name}", planted({name: ("1", 0o644)}, trees)) for name in ("a", "b"))
    old, new = manifest(step(files=(first,)), trees=trees), manifest(step(files=(second, first)), trees=trees)
    assert one(old, new).files == (FileSetChange("", (FileChange("b", How.ADDED),)),)
    assert one(new, old).files == (FileSetChange("", (FileChange("b", How.REMOVED),)),)
    turned = manifest(step(files=(first, second)), trees=trees)
    assert one(new, turned).files == (FileSetChange("", ()),)


def test_a_step_that_is_new_or_gone_stands_alone() -> None:
    kept, other = step("RUN a"), step("RUN b", number=3)
    assert one(manifest(kept), manifest(kept, other)) == StepDifference(old=None, new=other)
    assert one(manifest(kept, other), manifest(kept)) == StepDifference(old=other, new=None)


def test_a_step_that_stands_on_another_says_so_and_one_that_only_moved_does_not() -> None:
    base, run = step("FROM a", number=1), step("RUN b", inputs=(Input(0),))
    between = step("RUN new", inputs=(Input(0),))
    found = differences(manifest(base, run), manifest(base, between, replace(run, inputs=(Input(1),))))
    assert {(one.new.instruction, one.inputs) for one in found.steps if one.new} == {
        ("RUN new", False),
        ("RUN b", True),
    }
    beside = manifest(step("FROM other", number=0), base, replace(run, inputs=(Input(1),)))
    found = differences(manifest(base, run), beside)
    assert [one.new.instruction for one in found.steps if one.new] == ["FROM other"]


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [
        (("/a",), ("/a",), False),
        (("/a",), ("/b",), True),
        (("/a",), ("/a", "/b"), True),
        (None, ("/a",), True),
        ((masked("/***", "hmac:ab"),), ("/opensesame",), False),
    ],
)
def test_a_step_that_takes_other_paths_of_a_stage_says_so(
    old: tuple[str, ...] | None, new: tuple[str, ...] | None, differ: bool
) -> None:
    found = (manifest(step("FROM a"), step("COPY", inputs=(Input(0, paths),))) for paths in (old, new))
    assert bool(differences(*found)) == differ


def test_versions_are_named() -> None:
    old, new = (
        manifest(step(), buildkit="v0.25.0", buildx="v0.29"),
        manifest(step(), buildkit="v0.26.0", buildx="v0.29"),
    )
    assert differences(old, new) == Differences((), (("buildkit", "v0.25.0", "v0.26.0"),))
    assert differences(old, new)


def test_where_a_step_stands_is_no_difference() -> None:
    new = step(line=7, number=5, arguments=("X",))
    assert not differences(manifest(step()), manifest(replace(new, instruction="RUN  make", key="other")))
    assert not differences(manifest(step()), replace(manifest(step()), notes=("a word",)))


values = st.sampled_from(["1", "2"])
variables = st.lists(st.builds(Piece, st.just(Part.VARIABLE), st.sampled_from("XYZ"), values), max_size=3)
steps = st.lists(
    st.builds(
        lambda instruction, stage, some, digest, inputs: step(
            instruction,
            Piece(Part.INSTRUCTION, "command", instruction),
            *{piece.name: piece for piece in some}.values(),
            stage=stage,
            files=(FileSet("", digest, ""),) if digest else (),
            inputs=tuple(map(Input, inputs)),
        ),
        st.sampled_from(["RUN a", "RUN b", "COPY c /c"]),
        st.sampled_from(["one", "two"]),
        variables,
        st.sampled_from(["", "sha256:1", "sha256:2"]),
        st.just(()),
    ),
    max_size=5,
)


def chained(found: list[StepInputs]) -> list[StepInputs]:
    return [replace(one, inputs=(Input(place - 1),)) if place else one for place, one in enumerate(found)]


@given(steps, steps, values, values)
def test_nothing_differs_exactly_where_the_manifests_are_equal(
    old: list[StepInputs], new: list[StepInputs], before: str, after: str
) -> None:
    first, second = manifest(*chained(old), buildkit=before), manifest(*chained(new), buildkit=after)
    assert (not differences(first, second)) == (first == second)
    assert not differences(first, first)


@given(steps)
def test_a_step_that_changes_is_the_only_one_that_differs(found: list[StepInputs]) -> None:
    for place, changed in enumerate(found):
        other = [*found]
        other[place] = replace(changed, pieces=(*changed.pieces, Piece(Part.VARIABLE, "NEW", "1")))
        difference = one(manifest(*found), manifest(*other))
        assert difference.pieces == (PieceChange(Part.VARIABLE, "NEW", None, "1"),)
        assert difference.new is other[place]
