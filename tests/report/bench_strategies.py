"""Benches and proofs with every kind of name and figure, for tests of what holds of each report."""

from hypothesis import strategies as st
from tests.report.proofs import chosen, difference, dropped, images, proof
from tests.summary.generated import records

from layerwise.prove.bench.proved import Fault, Proved
from layerwise.prove.bench.result import Bench, Figure, Row
from layerwise.prove.verdict import Standing
from layerwise.records import Basis
from layerwise.report.proof_steps import Recorded

MARKUP = "<b onload=x>&amp;\"'`|</script>\\*_[a](b)]]>"
NAMES = st.one_of(
    st.sampled_from(["cold", "code", "unchanged", "deps:npm", "", MARKUP, "a\nb\x1b[2J\0", "\udcff\u202e"]),
    st.text(st.characters(), max_size=12),
)
PASSES = st.sampled_from(["manifest-first", MARKUP])
SECONDS = st.one_of(st.just(0.0), st.integers(0, 10**8).map(lambda milliseconds: milliseconds / 1000))
FIGURES = st.none() | st.lists(SECONDS, min_size=1, max_size=4).map(lambda seconds: Figure(tuple(seconds)))
BYTES = st.none() | st.integers(0, 10**12)


@st.composite
def benches(draw: st.DrawFn) -> Bench:
    """Return a bench."""
    planned = draw(st.booleans())
    rows = st.builds(
        Row,
        scenario=NAMES,
        platform=st.sampled_from(["linux/amd64", "linux/arm64", MARKUP]),
        subject=NAMES,
        before=FIGURES,
        after=FIGURES if planned else st.none(),
        predicted_before_s=st.none() | SECONDS,
        predicted_after_s=st.none() | SECONDS,
        predicted_basis=st.sampled_from(Basis),
        cache_bytes=st.tuples(BYTES, BYTES if planned else st.none()),
        unmeasured=NAMES,
    )
    return Bench(
        project=draw(NAMES),
        dockerfile=draw(NAMES),
        planned=planned,
        isolation=draw(NAMES),
        rows=tuple(draw(st.lists(rows, max_size=6))),
        spent_s=draw(SECONDS),
        budget_s=draw(st.none() | SECONDS),
        notes=tuple(draw(st.lists(NAMES, max_size=2))),
    )


@st.composite
def proofs(draw: st.DrawFn) -> tuple[Proved, tuple[Recorded, ...]]:
    """Return a proof, with builds of which steps are compared."""
    kept = draw(st.lists(st.builds(chosen, PASSES, why=NAMES, evidence=st.tuples(NAMES)), max_size=2))
    gone = draw(st.lists(st.builds(dropped, PASSES, st.sampled_from(Fault), NAMES, st.integers(0, 9)), max_size=4))
    judged = draw(st.lists(st.builds(difference, NAMES, st.sampled_from(Standing)), max_size=3))
    seen = draw(st.none() | st.just(images(*judged)))
    made = proof(
        draw(benches()),
        kept=tuple(kept),
        dropped=tuple(gone),
        images=seen,
        equal=None if seen is None else seen.equal,
        diff=draw(st.one_of(st.just(""), NAMES, NAMES.map(lambda name: f"--- a\n+++ b\n@@ -1 +1 @@\n-{name}\n+x\n"))),
    )
    recorded = st.builds(Recorded, scenario=NAMES, platform=NAMES, before=records(), after=records())
    return made, tuple(draw(st.lists(recorded, max_size=1)))
