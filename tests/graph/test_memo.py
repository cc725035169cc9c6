from dataclasses import replace

from layerwise.graph.context import Context
from layerwise.graph.lower import lower
from layerwise.graph.memo import Memo
from layerwise.graph.request import Request
from layerwise.graph.vertex import Kind
from layerwise.syntax.parser import parse

GUARDED = 'FROM debian\nRUN if [ "$(uname -m)" = aarch64 ]; then touch /opt/arm; else touch /opt/other; fi\n'


def test_what_was_asked_before_is_not_worked_out_again() -> None:
    memo, asked = Memo(), list[int]()
    assert [memo.once(("a", 1), lambda: len(asked.append(1) or asked)) for _ in range(3)] == [1, 1, 1]
    assert memo.once(("b", 1), lambda: "other") == "other"


def test_a_build_of_one_platform_and_one_of_several_on_the_same_context_keep_their_own_effects() -> None:
    request = Request(Context.from_paths(()), platforms=("linux/amd64", "linux/arm64"))
    alone = replace(request, platforms=("linux/amd64",))
    tree = parse(GUARDED, "Dockerfile")

    def written(asked: Request) -> set[str]:
        (run,) = (step for step in lower(tree, asked, "linux/amd64") if step.kind is Kind.RUN)
        return {path.path for path in run.effects.writes}

    assert written(request) == {"/opt/other"}
    assert written(alone) == {"/opt/arm", "/opt/other"}
