"""Benches and proofs as the commands would make them, for the tests of their reports."""

from dataclasses import replace

from layerwise.prove.bench.result import Bench, Figure, Row
from layerwise.records import Basis

AMD64, ARM64 = "linux/amd64", "linux/arm64"
ISOLATION = "Each side has a cache scope of its own on builder default; nothing of it is evicted for the bench"


def figure(middle: float, spread: float = 0.0, times: int = 3) -> Figure:
    """Return a figure whose median and spread are these; of one run where there is no spread."""
    if times == 1:
        return Figure((middle,))
    return Figure((middle, middle - spread, middle + spread, *(middle,) * (times - 3)))


def row(
    scenario: str, before: float | Figure | None = None, after: float | Figure | None = None, **rest: object
) -> Row:
    """Return a row; seconds were measured three times, with a spread of a fiftieth."""
    figures = [figure(one, one / 50) if isinstance(one, float) else one for one in (before, after)]
    derived = {"platform": AMD64, "subject": f"{scenario} changed", "before": figures[0], "after": figures[1]}
    return Row(scenario=scenario, **(derived | rest))  # type: ignore[arg-type]


def bench(*rows: Row, planned: bool = True, **rest: object) -> Bench:
    """Return a bench of these rows."""
    derived = {"project": "shop", "dockerfile": "Dockerfile", "isolation": ISOLATION, "spent_s": 754.0}
    return Bench(rows=rows, planned=planned, **(derived | rest))  # type: ignore[arg-type]


def predicted(one: Row, before: float, after: float | None = None, basis: Basis = Basis.PREDICTED) -> Row:
    """Return a row with predictions."""
    return replace(one, predicted_before_s=before, predicted_after_s=after, predicted_basis=basis)


def montage(*platforms: str) -> Bench:
    """Return a bench of a plan that pays, on amd64 if no platform is named."""
    rows: list[Row] = []
    for platform in platforms or (AMD64,):
        slow = 4.0 if platform == ARM64 else 1.0
        rows += [
            _on(platform, slow, row("cold", 66.7, 40.1, subject="an empty cache", cache_bytes=(1_210_000_000, 990_000_000)), 61.0, 42.0),
            _on(platform, 1.0, row("unchanged", 0.61, 0.58, subject="the same inputs again", cache_bytes=(1_210_000_000, 990_000_000)), 0.9, 0.9),
            _on(platform, slow, row("code", 65.1, 5.4, subject="src/montage/cli.py changed", cache_bytes=(2_300_000_000, 1_000_000_000)), 58.0, 6.2),
            _on(platform, slow, row("deps:pip", 66.0, 12.3, subject="requirements.txt changed"), 58.0, 15.0),
            _on(platform, slow, row("base", 66.9, 72.4, subject="the base images moved"), 61.0, 42.0),
            _on(platform, slow, row("dockerfile:7", 64.2, 30.2, subject="line 7 changed"), 57.0, 31.0),
            _on(platform, slow, row("dockerfile:9", subject="line 9 changed", unmeasured="only a first, a middle and a last instruction are measured"), 55.0, 30.0, Basis.PRIOR),
            _on(platform, slow, row("checkout", subject="another path and umask", unmeasured="the budget was spent")),
        ]  # fmt: skip
    return bench(*rows, budget_s=3600.0, notes=("2 of 3 rounds were left out for the budget",))


def _on(platform: str, slow: float, one: Row, before: float | None = None, after: float | None = None,
        basis: Basis = Basis.PREDICTED) -> Row:  # fmt: skip
    def times(figure: Figure | None) -> Figure | None:
        return None if figure is None else Figure(tuple(slow * second for second in figure.seconds))

    moved = replace(one, platform=platform, before=times(one.before), after=times(one.after))
    return moved if before is None else predicted(moved, slow * before, None if after is None else slow * after, basis)
