import pytest
from tests.records import build, step
from tests.summary.samples import ARM64, overhead

from layerwise.records import Ending, Outcome, Span
from layerwise.summary.costs import Costs
from layerwise.summary.worth import worth


def worth_of(*builds, known=()):
    return worth(builds, Costs([*builds, *known], {}))


RAN = build(step(seconds=100.0), step(platform=ARM64, seconds=300.0), id="ran", ending=Ending.FAILED)


def test_net_is_what_hits_saved_less_import_fetching_and_export():
    made = worth_of(
        build(
            step(outcome=Outcome.CACHED, transfers=(Span(0, 3),)),
            step(platform=ARM64, outcome=Outcome.CACHED),
            overheads=(overhead("cache-import", 0, 2), overhead("cache-export", 5, 20), overhead("push", 5, 50)),
        ),
        known=(RAN,),
    )
    assert (made.saved.seconds, made.import_s, made.export_s) == (400.0, 5.0, 20.0)
    assert made.net_s == pytest.approx(375.0)


def test_a_shared_hit_saves_once():
    hits = [step(vertex="v", outcome=Outcome.CACHED), step(vertex="v", platform=ARM64, outcome=Outcome.CACHED)]
    assert worth_of(build(*hits), known=(RAN,)).saved.seconds == 100.0


def test_hits_that_were_never_seen_to_run_are_counted_and_not_valued():
    made = worth_of(
        build(step(outcome=Outcome.CACHED), step("RUN other", number=3, outcome=Outcome.CACHED)), known=(RAN,)
    )
    assert (made.saved.seconds, made.saved.unknown, made.net_s) == (100.0, 1, 100.0)


def test_where_no_hit_has_a_known_cost_nobody_knows_the_net():
    made = worth_of(build(step(outcome=Outcome.CACHED), overheads=(overhead("cache-import", 0, 2),)))
    assert made.net_s is None


def test_a_cache_that_nothing_hit_costs_what_it_took():
    made = worth_of(build(step(), overheads=(overhead("cache-export", 0, 9),)))
    assert made.net_s == -9.0


def test_what_a_hit_below_made_needless_is_saved_too():
    assert worth_of(build(step(outcome=Outcome.SKIPPED)), known=(RAN,)).saved.seconds == 100.0


def test_bases_are_not_the_caches_doing():
    base = step("FROM debian", outcome=Outcome.CACHED, transfers=(Span(0, 8),))
    made = worth_of(build(base))
    assert (made.saved.known, made.saved.unknown, made.import_s) == (0, 0, 0.0)


def test_only_completed_builds_count():
    failed = build(step(outcome=Outcome.CACHED), ending=Ending.FAILED, overheads=(overhead("cache-export", 0, 9),))
    made = worth_of(failed, known=(RAN,))
    assert (made.builds, made.saved.seconds, made.export_s) == (0, 0.0, 0.0)
