"""Proofs as the command would make them, for the tests of their reports."""

from dataclasses import replace

from tests.records import build, step
from tests.report.benches import AMD64, ARM64, montage
from tests.summary.samples import overhead

from layerwise.passes.base import Proposal, Safety
from layerwise.plan import Chosen
from layerwise.prove.bench.proved import Dropped, Fault, Proved
from layerwise.prove.bench.result import Bench
from layerwise.prove.difference import Difference, Facet
from layerwise.prove.verdict import Judged, PlatformVerdict, Standing, Verdict
from layerwise.records import Outcome
from layerwise.report.proof_steps import Recorded

DIFF = """\
--- a/Dockerfile
+++ b/Dockerfile
@@ -6,3 +6,3 @@
 WORKDIR /app
+COPY requirements.txt ./
 RUN pip install -r requirements.txt
--- not a file name
@@ -20 +21 @@
-RUN chown -R app /app
+COPY --chown=app . .
\\ No newline at end of file
"""
EDITS = (
    ("manifest-first", 12, "src/montage/cli.py changes on 41 of 60 commits, requirements.txt on 3"),
    ("cache-mounts", 4, "apt-get downloads 180 MB again whenever it runs"),
    ("late-args", 2, "GIT_COMMIT is another one on every build and only line 21 reads it"),
    ("split-package-managers", 4, "npm runs again whenever apt's list changes"),
    ("copy-ownership", 20, "chown writes all of /app a second time"),
)


def chosen(pass_name: str, line: int = 3, why: str = "it is slow", **rest: object) -> Chosen:
    """Return an edit of a plan."""
    derived = {"evidence": ("seen in 41 of 60 commits",), "safety": Safety.EQUIVALENT}
    proposal = Proposal(line=line, why=why, edits=(), stage=0, moved="", subject=pass_name, **(derived | rest))  # type: ignore[arg-type]
    return Chosen(pass_name, line, proposal, alone_s=9.0, saves_s=8.0, saves_cold_s=1.0)


def dropped(pass_name: str, fault: Fault = Fault.IMAGE, reason: str = "/etc/x differs", builds: int = 3) -> Dropped:
    """Return an edit that does not stay."""
    return Dropped(edit=chosen(pass_name), fault=fault, reason=reason, builds=builds)


def difference(where: str, standing: Standing = Standing.REAL) -> Judged:
    """Return a file that only the first image has."""
    return Judged(difference=Difference(where, Facet.PRESENCE, "file", None), standing=standing, rule="logs")


def images(*judged: Judged, platforms: tuple[str, ...] = (AMD64, ARM64)) -> Verdict:
    """Return a comparison whose last platform has these differences."""
    found = [PlatformVerdict(platform=name, judged=(), paths=48_211) for name in platforms]
    return Verdict(left="before", right="after", platforms=(*found[:-1], replace(found[-1], judged=judged)))


def proof(bench: Bench | None = None, **rest: object) -> Proved:
    """Return a proof in which five edits stay and one does not."""
    derived = {
        "kept": tuple(chosen(*one) for one in EDITS),
        "dropped": (
            dropped("link-copies", reason="/srv/app/data differs in kind on linux/amd64, and 3 more differences"),
        ),
        "equal": True,
        "images": images(difference("/var/log/apt/history.log", Standing.NOISE)),
        "dockerfile": "FROM debian\n",
        "diff": DIFF,
        "builds": 31,
    }
    return Proved(bench=bench or montage(AMD64, ARM64), **(derived | rest))  # type: ignore[arg-type]


def recorded(platform: str = AMD64) -> Recorded:
    """Return builds of one scenario: a rewritten step is cached afterwards, and one came."""
    pip, mount = "RUN pip install -r requirements.txt", "RUN --mount=type=cache,target=/root/.cache/pip "
    return Recorded(
        scenario="code",
        platform=platform,
        before=build(
            step("RUN apt-get update", number=2, line=4, outcome=Outcome.CACHED, platform=platform),
            step("COPY . .", number=3, line=6, seconds=0.3, platform=platform),
            step(pip, number=4, line=7, seconds=52.0, platform=platform),
            overheads=(overhead("export", 53.0, 9.0),),
            wall_s=65.1,
        ),
        after=build(
            step("RUN apt-get update", number=2, line=4, outcome=Outcome.CACHED, platform=platform),
            step("COPY requirements.txt ./", number=3, line=6, outcome=Outcome.CACHED, platform=platform),
            step(mount + pip.removeprefix("RUN "), number=4, line=7, outcome=Outcome.CACHED, platform=platform),
            step("COPY . .", number=5, line=8, seconds=0.3, platform=platform),
            overheads=(overhead("export", 1.0, 2.1),),
            wall_s=5.4,
        ),
    )
