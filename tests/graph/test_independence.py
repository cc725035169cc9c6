import pytest
from tests.analyses import analysis_of

from layerwise.ecosystems.effects import Path
from layerwise.graph.independence import Left, Need, needs, uses
from layerwise.syntax.tree import Run


def need(above: str, below: str, base: str = "node:20-slim") -> Need:
    analysis = analysis_of(f"FROM {base}\n{above}\n{below}\n")
    first, *_, last = analysis.dockerfile.stages[-1].instructions
    return needs(analysis.graphs, first, last, "\\")


APT = "RUN apt-get update && apt-get install -y"
NPM = "RUN npm install -g parcel"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (f"{APT} curl", "RUN curl -fsSL https://example.org/u -o /opt/u"),
        (f"{APT} g++", NPM),
        (f"{APT} libpq-dev", "RUN pip install psycopg2"),
        (f"{APT} $PACKAGES", NPM),
        ("RUN frobnicate", NPM),
        (f"{APT} ffmpeg", "RUN frobnicate"),
        ("RUN frobnicate", "COPY app /app"),
        ("RUN npm install -g pnpm", "RUN pnpm --version && pip install flask"),
        ("COPY app/main.py /usr/local/etc/npmrc", NPM),
        ("RUN mkdir -p /srv/app", "COPY app /srv/app"),
        ("WORKDIR /srv", NPM),
        ("ARG VERSION", "RUN npm install -g parcel@$VERSION"),
        ("ARG VERSION", "ENV PARCEL=$VERSION"),
        ("ENV PARCEL=1", "ENV PARCEL=2"),
        ("ENV PARCEL=$VERSION", "ARG VERSION=2"),
        ("ENV NPM_CONFIG_REGISTRY=https://example.org", NPM),
    ],
)
def test_what_a_step_needs_stays_above_it(above: str, below: str) -> None:
    assert need(above, below).needed


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (f"{APT} ffmpeg", NPM),
        ("RUN npm install -g sharp-cli", NPM),
        ("RUN curl -fsSLO --output-dir /opt https://example.org/u", "RUN pip install flask"),
    ],
)
def test_what_only_a_build_can_show_is_a_doubt(above: str, below: str) -> None:
    found = need(above, below)
    assert not found.needed
    assert found.doubt


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (f"{APT} ffmpeg", "COPY app /srv/app"),
        ("COPY app /srv/app", NPM),
        ("COPY app /srv/app", f"{APT} ffmpeg"),
        ("RUN mkdir /opt/data", f"{APT} ffmpeg"),
        ("ARG GIT_COMMIT", NPM),
        ("LABEL a=b", NPM),
        ("ENV COLOUR=blue", "ENV SIZE=1"),
        ("EXPOSE 80", NPM),
    ],
)
def test_what_touches_nothing_of_a_step_is_free(above: str, below: str) -> None:
    assert need(above, below) == Need(needed=False)


def test_a_tool_that_another_stage_installed_is_as_one_installed_here() -> None:
    text = f"FROM node:20 AS one\nRUN npm i -g --prefix=/one sharp-cli\nFROM node:20\nCOPY --from=one /one/ /usr/local/\n{NPM}\n"
    analysis = analysis_of(text)
    copy, run = analysis.dockerfile.stages[-1].instructions
    assert needs(analysis.graphs, copy, run, "\\").doubt


def use(below: str, *paths: str, tool: bool = True) -> Need:
    analysis = analysis_of(f"FROM buildpack-deps:bookworm\nRUN true\n{below}\n")
    maker, last = analysis.dockerfile.stages[-1].instructions
    assert isinstance(maker, Run)
    return uses(analysis.graphs, Left(maker, tuple(Path(path) for path in paths), tool), last)


def test_a_step_that_may_run_a_tool_uses_it() -> None:
    assert use("RUN make", "/usr/local/bin/u").needed
    assert use("RUN chmod 755 /usr/local/bin/u", "/usr/local/bin/u").needed
    assert use("COPY app /usr/local/bin", "/usr/local/bin/u").needed


def test_an_installer_has_no_reason_to_run_a_tool() -> None:
    assert use("RUN pip install flask", "/usr/local/bin/u").doubt
    assert use("RUN pip install flask", "/usr/local/lib/node_modules", tool=False).needed


def test_system_packages_use_nothing_outside_the_system() -> None:
    assert use(f"{APT} ffmpeg", "/opt/shop", tool=False) == Need(needed=False)
    assert use(f"{APT} ffmpeg", "/usr/local/bin/u").doubt
