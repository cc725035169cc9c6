from collections.abc import Mapping

import pytest
from tests.analyses import PYTHON, analysis_of, proposed

from layerwise.passes import fetch_ahead
from layerwise.plan import Options, plan

FROM = "FROM python:3.12-slim\n"
APT = "RUN apt-get update && apt-get install -y ffmpeg\n"
FILES = "WORKDIR /app\nCOPY requirements.txt ./\n"
INSTALL = "RUN pip install -r requirements.txt\n"
ALL = FROM + APT + FILES + INSTALL


def found(text: str, files: Mapping[str, str] = PYTHON, **facts: object) -> tuple[list[str], list[str]]:
    return proposed(fetch_ahead, analysis_of(text, files, **facts))  # type: ignore[arg-type]


def test_variables_that_pip_reads_and_mounts_are_said_in_both_stages() -> None:
    mount = "RUN --mount=type=cache,target=/root/.cache/pip \\\n    pip install -q -r requirements.txt\n"
    (text,), _ = found(f"{FROM}ENV PIP_DEFAULT_TIMEOUT=100 LANG=C\nENV SHOP_COLOUR=red\n{APT}{FILES}{mount}")
    stage, rest = text.split("\n\n", 1)
    assert stage == (
        "FROM python:3.12-slim AS wheels\nENV PIP_DEFAULT_TIMEOUT=100 LANG=C\nWORKDIR /app\nCOPY requirements.txt ./\n"
        "RUN --mount=type=cache,target=/root/.cache/pip \\\n    pip wheel --wheel-dir=/wheels -q -r requirements.txt"
    )
    assert rest.endswith(
        "RUN --mount=type=cache,target=/root/.cache/pip \\\n"
        "    --mount=type=bind,from=wheels,source=/wheels,target=/wheels \\\n"
        "    pip install --no-index --find-links=/wheels -q -r requirements.txt \\\n"
        "    || pip install -q -r requirements.txt\n"
    )


def test_a_stage_that_starts_from_another_one_fetches_from_the_image_of_both() -> None:
    (text,), _ = found(f"{FROM.strip()} AS base\n{APT}\nFROM base\n{FILES}{INSTALL}")
    assert text.startswith("FROM python:3.12-slim AS wheels\n")
    assert text.index("AS wheels") < text.index("AS base") < text.index("from=wheels")


def test_requirements_from_a_mount_need_no_copy() -> None:
    mount = "RUN --mount=type=bind,source=requirements.txt,target=/tmp/r.txt \\\n    pip install -r /tmp/r.txt\n"
    (text,), _ = found(f"{FROM}{APT}{mount}")
    assert text.split("\n\n")[0].endswith(
        "WORKDIR /\nRUN --mount=type=bind,source=requirements.txt,target=/tmp/r.txt \\\n"
        "    pip wheel --wheel-dir=/wheels -r /tmp/r.txt"
    )


def test_an_argument_of_every_build_still_goes_below_the_install() -> None:
    text = FROM + "ARG GIT_COMMIT\nENV GIT_COMMIT=$GIT_COMMIT\n" + APT + FILES + INSTALL
    asked = Options(allow=frozenset({"equivalent, after proof"}), cold_weight=1.0)
    made = plan(analysis_of(text), asked)
    assert {"fetch-ahead", "late-args"} <= {one.pass_name for one in made.kept}
    assert made.after.dockerfile.text.rindex("ARG GIT_COMMIT") > made.after.dockerfile.text.rindex("pip install")


def test_it_is_found_again_below_stages_that_other_passes_made() -> None:
    tools = "RUN conda install -y nodejs\nRUN npm install -g sharp-cli\nRUN npm install -g parcel\n"
    text = f"FROM continuumio/miniconda3\n{APT}{tools}RUN conda install -y scipy\n{FILES}{INSTALL}"
    asked = Options(allow=frozenset({"equivalent, after proof"}), cold_weight=1.0)
    files = {"requirements.txt": "".join(f"package{number}==1\n" for number in range(20))}
    made = plan(analysis_of(text, files), asked)
    assert sorted(one.pass_name for one in made.kept) == ["fetch-ahead", "tool-stage", "tool-stage"]


def test_a_second_look_finds_nothing() -> None:
    (text,), _ = found(ALL)
    assert found(text) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        FROM + FILES + INSTALL,  # waits for nothing
        FROM + APT + "RUN pip install flask\n",  # no files
        FROM + APT + FILES + "RUN pip install -r requirements.txt && rm -rf /tmp/x\n",
        FROM + APT + FILES + "RUN poetry install\n",
    ],
)
def test_it_is_not_for(text: str) -> None:
    assert found(text) == ([], [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ALL.replace("pip install", "pip install --target=/x"), "how or where to install"),
        (ALL.replace("pip install", "pip install --no-binary=:all:"), "how or where to install"),
        (ALL.replace("-r requirements.txt", "flask -r requirements.txt"), "names packages besides"),
        (FROM + "USER 1000\n" + APT + FILES + INSTALL, "another user than root"),
        (ALL.replace("python:3.12-slim", "debian:12"), "brings pip is not known"),
        (FROM + 'SHELL ["/bin/bash", "-c"]\n' + APT + FILES + INSTALL, "stands above it"),
        (ALL.replace("requirements.txt ./", ". ."), "brings more than it reads"),
        (FROM + APT + "COPY requirements.txt /app/\nWORKDIR /app\n" + INSTALL, "stands between"),
        (FROM + "ARG PIP_INDEX_URL\n" + APT + FILES + INSTALL, ""),
        (FROM + "ARG HOST\nENV PIP_INDEX_URL=$HOST\n" + APT + FILES + INSTALL, "takes its value from elsewhere"),
        (ALL.replace("RUN pip", "RUN --network=host pip"), "it has --network"),
        (ALL.replace("RUN pip", "RUN --mount=type=tmpfs,target=/wheels pip"), "lies at /wheels"),
        (f"FROM debian\nRUN touch /a\n{ALL}COPY --from=0 /a /a\n", "by its number"),
    ],
)
def test_it_is_refused(text: str, why: str) -> None:
    texts, reasons = found(text)
    if why:
        assert texts == []
        assert why in " ".join(reasons)
    else:  # an argument that no build changes is the same in both stages
        assert "ARG PIP_INDEX_URL\nWORKDIR" in texts[0]


def test_the_projects_own_code_is_not_for_it() -> None:
    assert found(ALL, {**PYTHON, "requirements.txt": "flask\n-e ./app\n"}) == ([], [])


def test_requirements_that_name_variables_are_refused() -> None:
    assert "names ${TOKEN}" in " ".join(
        found(ALL, {**PYTHON, "requirements.txt": "flask\na @ https://${TOKEN}/a\n"})[1]
    )


def test_an_argument_that_changes_is_refused() -> None:
    text = FROM + "ARG PIP_INDEX_URL\n" + APT + FILES + INSTALL
    assert "from elsewhere" in " ".join(found(text, arguments={"PIP_INDEX_URL": 1.0})[1])
