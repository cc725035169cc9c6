import pytest

from layerwise.builder.checksums import checksums
from layerwise.records import Outcome, Overhead, Place, Span, StepRecord


def step(instruction: str, *inputs: str, vertex: str = "step") -> StepRecord:
    return StepRecord(
        vertex=vertex,
        platform="linux/amd64",
        runs_on="linux/amd64",
        stage="app",
        number=2,
        line=2,
        instruction=instruction,
        key="",
        place=Place.NAME,
        outcome=Outcome.EXECUTED,
        inputs=inputs,
    )


def found(*steps: StepRecord, **ran: tuple[float, float]) -> list[Overhead]:
    return [overhead for _, overhead in checksums(steps, [(name, (Span(*span),)) for name, span in ran.items()])]


def test_the_time_between_a_stage_and_a_copy_of_it_went_to_its_cache_key():
    (read,) = found(step("COPY --from=made . /app", "base", "made"), base=(0.0, 0.1), made=(0.1, 1.0), step=(1.5, 1.6))
    assert (read.kind, read.name, read.spans) == ("cache-key", "COPY --from=made . /app", (Span(1.0, 1.5),))
    assert read.duration_s == pytest.approx(0.5)


def test_what_else_runs_meanwhile_is_not_counted():
    (read,) = found(step("COPY --from=made . /app", "made"), made=(0.0, 1.0), other=(1.2, 1.9), step=(2.0, 2.1))
    assert read.spans == (Span(1.0, 1.2), Span(1.9, 2.0))


@pytest.mark.parametrize(
    ("instruction", "made", "copy"),
    [
        ("RUN make", (0.0, 1.0), (2.0, 3.0)),  # is keyed by what it says
        ("COPY --from=made . /app", (0.0, 1.0), (1.01, 3.0)),  # no longer than the scheduler takes
        ("COPY --from=made . /app", (0.0, 1.0), (0.5, 3.0)),  # a copy that began before its inputs ended
        ("COPY . /app", (0.0, 1.0), (2.0, 3.0)),  # was read while it was sent
        ("WORKDIR /app", (0.0, 1.0), (2.0, 3.0)),
    ],
)
def test_other_time_stays_unexplained(instruction, made, copy):
    assert found(step(instruction, "made"), made=made, step=copy) == []


def test_a_copy_whose_inputs_have_no_times_tells_nothing():
    assert found(step("COPY --from=made . /app", "made"), step=(2.0, 3.0)) == []


def test_platforms_that_share_a_copy_read_it_once():
    shared = [step("COPY --from=made . /app", "made"), step("COPY --from=made . /app", "made")]
    assert len(found(*shared, made=(0.0, 1.0), step=(2.0, 3.0))) == 1
