import pytest
from tests.analyses import PYTHON, analysis_of

from layerwise.rules.base import Diagnosis
from layerwise.rules.leftovers_in_layer import check

DOCKER_CLEAN = "RUN rm -f /etc/apt/apt.conf.d/docker-clean\n"
APT = "RUN apt-get update && apt-get install -y jq"


def found(text: str) -> list[Diagnosis]:
    return list(check(analysis_of(text, {**PYTHON, "app/main.py": "print('main')\n"})))


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (APT, "/var/lib/apt/lists"),
        (f"{APT}; apt-get clean", "/var/lib/apt/lists"),
        (f"{DOCKER_CLEAN}{APT} && rm -rf /var/lib/apt/lists/*", "/var/cache/apt"),
        ("RUN pip install flask", "/root/.cache/pip"),
        ("RUN npm install -g semver && rm -rf /tmp/*", "/root/.npm"),
        ("RUN dnf install -y jq", "/var/cache/dnf"),
        ("RUN conda install -y attrs", "/opt/conda/pkgs"),
        ("RUN curl -o /tmp/a.tgz https://example.org/a.tgz && tar -xzf /tmp/a.tgz -C /opt", "/tmp/a.tgz"),
    ],
)
def test_what_a_run_leaves_is_named(lines: str, left: str) -> None:
    (diagnosis,) = found(f"FROM debian:bookworm-slim\n{lines}\n")
    assert left in diagnosis.message
    assert diagnosis.leaves


@pytest.mark.parametrize(
    "lines",
    [
        f"{APT} && rm -rf /var/lib/apt/lists/*",
        f"{APT} && apt-get distclean",
        "RUN pip install --no-cache-dir flask",
        "RUN pip install flask && pip cache purge",
        "RUN pip install flask && rm -rf /root/.cache",
        "RUN --mount=type=cache,target=/root/.cache pip install flask",
        "RUN npm install -g semver && npm cache clean --force",
        "RUN dnf install -y jq && dnf clean all",
        "RUN curl -o /tmp/a.tgz https://example.org/a.tgz && tar -xzf /tmp/a.tgz -C /opt && rm /tmp/a.tgz",
        "RUN apk add --no-cache jq",
    ],
)
def test_what_a_run_removes_itself_is_no_leftover(lines: str) -> None:
    assert found(f"FROM debian:bookworm-slim\n{lines}\n") == []


def test_what_another_stage_leaves_is_not_in_the_image() -> None:
    text = f"FROM debian AS build\n{APT}\nFROM debian\nCOPY --from=build /usr/bin/jq /usr/bin/jq\n"
    assert found(text) == []


def test_removing_it_in_a_later_run_comes_too_late() -> None:
    left, late = found(f"FROM debian\n{APT}\nRUN rm -rf /var/lib/apt/lists/*\n")
    assert (left.line, late.line) == (2, 3)
    assert "comes too late" in late.message
    assert late.by_hand


def test_copied_files_that_are_removed_later_stay_in_the_layer_of_their_copy() -> None:
    (late,) = found("FROM debian\nCOPY app/main.py /app/main.py\nRUN rm /app/main.py\n")
    assert "COPY app/main.py" in late.message
    assert late.by_hand


def test_lists_have_their_usual_size_and_what_nobody_knows_has_none() -> None:
    assert [one.lost_bytes for one in found(f"FROM debian\n{APT}\nRUN pip install flask\n")] == [20_000_000, None]
