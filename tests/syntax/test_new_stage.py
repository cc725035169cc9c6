from layerwise.syntax.edit import apply
from layerwise.syntax.new_stage import NewStage, free_name, with_stage
from layerwise.syntax.parser import parse
from layerwise.syntax.tree import Dockerfile, Run


def rewritten(text: str, *, base: int | None = None, over: tuple[int, ...] = (), moved: tuple[int, ...] = (0,)) -> str:
    """Move the RUNs ``moved`` of the last stage into a stage called tool, by their index among its instructions."""
    dockerfile = parse(text, "Dockerfile")
    stage = dockerfile.stages[-1]
    found = stage.instructions
    runs = tuple(one for index in moved if isinstance(one := found[index], Run))
    lines = tuple(dockerfile.source(one.span) for one in runs)
    made = NewStage(
        "tool",
        () if base is None else (found[base],),
        tuple(found[index] for index in over),
        lines,
        runs,
        runs[-1],
        ("COPY --from=tool /t /t",),
    )
    edits = with_stage(dockerfile, stage, made)
    return edits if isinstance(edits, str) else apply(dockerfile, edits)


def of(text: str) -> Dockerfile:
    return parse(text, "Dockerfile")


def test_line_ends_of_the_file_are_kept() -> None:
    text = "FROM debian\r\nRUN one\r\nRUN two\r\n"
    assert rewritten(text) == (
        "FROM debian AS tool\r\nRUN one\r\n\r\nFROM debian\r\nCOPY --from=tool /t /t\r\nRUN two\r\n"
    )


def test_a_file_without_a_last_line_end_has_none_afterwards() -> None:
    assert rewritten("FROM debian\nRUN one") == "FROM debian AS tool\nRUN one\n\nFROM debian\nCOPY --from=tool /t /t"


def test_several_runs_leave_and_one_copy_takes_their_place() -> None:
    text = "FROM debian\nRUN one\nENV A=1\nRUN two\nRUN three\n"
    assert rewritten(text, moved=(0, 2)) == (
        "FROM debian AS tool\nRUN one\nRUN two\n\nFROM debian\nENV A=1\nCOPY --from=tool /t /t\nRUN three\n"
    )


def test_directives_stay_on_top() -> None:
    text = "# syntax=docker/dockerfile:1\nFROM debian\nRUN one\n"
    assert rewritten(text).startswith("# syntax=docker/dockerfile:1\nFROM debian AS tool\n")


def test_what_both_need_becomes_a_stage_that_both_start_from() -> None:
    text = "FROM debian AS app\nRUN base\nRUN one\n"
    assert rewritten(text, base=0, moved=(1,)) == (
        "FROM debian AS app-base\nRUN base\n\nFROM app-base AS tool\nRUN one\n\nFROM app-base AS app\n"
        "COPY --from=tool /t /t\n"
    )


def test_what_stood_above_the_base_goes_below_it_with_its_comment() -> None:
    text = "FROM debian\n# large\nRUN over\nRUN base\nRUN one\n"
    assert rewritten(text, base=1, over=(0,), moved=(2,)) == (
        "FROM debian AS base\nRUN base\n\nFROM base AS tool\nRUN one\n\nFROM base\n# large\nRUN over\n"
        "COPY --from=tool /t /t\n"
    )


def test_a_from_on_several_lines_is_left_alone() -> None:
    assert rewritten("FROM \\\n debian\nRUN one\n") == "its FROM is written on several lines"


def test_stages_that_go_by_number_are_left_alone() -> None:
    text = "FROM debian\nFROM debian\nRUN one\nCOPY --from=0 /a /a\n"
    assert rewritten(text).startswith("a COPY names a stage by its number")


def test_a_name_that_something_has_gets_a_number() -> None:
    text = (
        "FROM debian AS tool\nFROM tool-2\nRUN --mount=type=bind,from=tool-3,target=/m true\nCOPY --from=tool-4 /a /a\n"
    )
    assert free_name(of(text), "tool") == "tool-5"
    assert free_name(of(text), "tool", {"tool-5"}) == "tool-6"


def test_a_name_is_made_fit_for_a_stage() -> None:
    names = [free_name(of("FROM debian\n"), wanted) for wanted in ("@Scope/Tool", "7zip", "...")]
    assert names == ["scope-tool", "stage-7zip", "stage"]
