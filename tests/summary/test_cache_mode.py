from collections.abc import Sequence

from tests.records import build, step

from layerwise.records import Basis, BuildRecord, Outcome, Overhead, Span
from layerwise.summary.cache_mode import cache_mode
from layerwise.summary.costs import Costs

INNER = frozenset({"builder"})


def overhead(kind: str, seconds: float, error: str = "") -> Overhead:
    return Overhead(kind=kind, name=kind, spans=(Span(0, seconds),), duration_s=seconds, error=error)


def made(
    number: int, *, builder: str, saved: bool, export_s: float, import_s: float = 0.0, inner: int = 0
) -> BuildRecord:
    """A build of a step of 60 s in the image's stage and one of 30 s in another, hits or not, with its cache's costs."""
    outcome = Outcome.CACHED if saved else Outcome.EXECUTED
    steps = (
        step("RUN compile", stage="builder", number=2, outcome=outcome, seconds=30.0, size=inner or None),
        step("RUN install", stage="stage-1", number=2, outcome=outcome, seconds=60.0, size=100 if inner else None),
    )
    costs = (overhead("cache-export", export_s), overhead("cache-import", import_s))
    return build(*steps, id=f"b{number}", started_at=1000.0 + number, wall_s=100.0, builder=builder, overheads=costs)


def judged(builds: Sequence[BuildRecord], inner: frozenset[str] = INNER):
    return cache_mode(builds, Costs(builds, {}), inner)


def cold(**settings: float) -> BuildRecord:
    return made(0, builder="first", saved=False, export_s=settings.get("export_s", 5.0))


def test_without_records_the_stages_decide():
    assert (judged([]).mode, judged([]).basis) == ("max", Basis.PRIOR)
    one_stage = judged([], frozenset())
    assert (one_stage.mode, one_stage.basis) == ("min", Basis.PRIOR)
    assert one_stage.why == "every step is in the image; too few recorded builds to weigh it"


def test_too_few_builds_say_nothing():
    assert judged([cold(), made(1, builder="second", saved=True, export_s=5.0)]).basis is Basis.PRIOR


def test_a_cache_that_saves_more_than_it_takes_is_kept():
    builds = [cold(), *(made(n, builder=f"fresh{n}", saved=True, export_s=5.0, import_s=1.0) for n in range(1, 6))]
    found = judged(builds)
    assert (found.mode, found.basis) == ("max", Basis.MEASURED)
    assert found.why == "over 6 builds it saved at least 75.0 s each, and took 0.8 s to bring in and 5.0 s to send out"


def test_what_the_builder_held_itself_was_not_saved_by_the_cache():
    builds = [cold(), *(made(n, builder="first", saved=True, export_s=5.0) for n in range(1, 6))]
    found = judged(builds)
    assert (found.mode, found.basis) == ("off", Basis.MEASURED)
    assert found.why.startswith(
        "over 6 builds it saved at least 0.0 s each, and took 0.0 s to bring in and 5.0 s to send"
    )
    assert found.why.endswith("--cache-mode max keeps it")


def test_a_cache_that_takes_next_to_nothing_is_kept_whatever_it_saves():
    builds = [made(n, builder="first", saved=n > 0, export_s=0.2) for n in range(6)]
    assert judged(builds).mode == "max"


def test_other_stages_are_kept_only_where_they_save_what_sending_them_out_takes():
    builds = [step_only_in_image(n, builder=f"fresh{n}", export_s=20.0, inner=300) for n in range(1, 7)]
    found = judged([cold(export_s=20.0), *builds])
    assert (found.mode, found.basis) == ("min", Basis.MEASURED)
    assert "of which other stages than the image's saved 0.0 s" in found.why
    assert judged([cold(export_s=20.0), *builds], frozenset()).mode == "min"


def step_only_in_image(number: int, *, builder: str, export_s: float, inner: int) -> BuildRecord:
    """A build that found the image's step in the cache, and ran the other stage's."""
    steps = (
        step("RUN compile", stage="builder", number=2, seconds=30.0, size=inner),
        step("RUN install", stage="stage-1", number=2, outcome=Outcome.CACHED, size=100),
    )
    costs = (overhead("cache-export", export_s),)
    return build(*steps, id=f"b{number}", started_at=1000.0 + number, wall_s=50.0, builder=builder, overheads=costs)


def test_an_export_that_failed_is_none():
    failed = [
        build(step(), id=f"b{n}", started_at=1000.0 + n, overheads=(overhead("cache-export", 9.0, "no space"),))
        for n in range(9)
    ]
    assert judged(failed).basis is Basis.PRIOR


def test_a_saving_that_nobody_knows_counts_as_nothing():
    builds = [made(n, builder=f"fresh{n}", saved=True, export_s=5.0) for n in range(6)]
    assert judged(builds).mode == "off"
