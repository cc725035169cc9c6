from collections.abc import Mapping

import pytest
from tests.analyses import PROJECT, analysis_of, proposed

from layerwise.passes import names_first
from layerwise.plan import Options, plan

START = "FROM python:3.12-slim\nARG GIT_COMMIT\nENV GIT_COMMIT=$GIT_COMMIT\nWORKDIR /app\nCOPY . .\n"
INSTALL = "RUN pip install -e .\n"


def found(text: str, files: Mapping[str, str] = PROJECT, **facts: object) -> tuple[list[str], list[str]]:
    return proposed(names_first, analysis_of(text, files, **facts))  # type: ignore[arg-type]


def test_an_argument_of_every_build_follows_it_below_the_install() -> None:
    asked = Options(allow=frozenset({"equivalent, after proof"}))
    made = plan(analysis_of(START + INSTALL, PROJECT), asked)
    assert [one.pass_name for one in made.kept] == ["names-first", "late-args"]
    assert made.after.dockerfile.text.index("pip install -e .") < made.after.dockerfile.text.rindex("ARG GIT_COMMIT")


def test_an_install_that_is_said_twice_is_dropped_once_the_argument_is_below_both() -> None:
    asked = Options(allow=frozenset({"equivalent, after proof"}))
    files = {path.replace("app/", "src/app/"): text for path, text in PROJECT.items()}
    files["pyproject.toml"] = files["pyproject.toml"].replace('packages = ["app"]', "")
    text = f"{START}{INSTALL}RUN mkdir -p /data\n{INSTALL}"
    made = plan(analysis_of(text, files, (("src/app/main.py",), ("pyproject.toml",))), asked)
    assert sorted(one.pass_name for one in made.kept) == ["drop-repeat", "late-args", "names-first"]
    assert made.after.dockerfile.text.count("pip install") == 1


def test_an_argument_that_pyproject_names_stays() -> None:
    named = PROJECT["pyproject.toml"].replace('"1.0"', '"1.0"\ndescription = "GIT_COMMIT"')
    asked = Options(allow=frozenset({"equivalent, after proof"}), threshold_s=0)
    made = plan(analysis_of(START + INSTALL, {**PROJECT, "pyproject.toml": named}), asked)
    assert made.after.dockerfile.text.index("pip install -e .") > made.after.dockerfile.text.rindex("ARG GIT_COMMIT")


def test_an_install_that_is_said_twice_is_passed_twice() -> None:
    (text,), _ = found(f"{START}{INSTALL}RUN mkdir -p /data\n{INSTALL}CMD app\n")
    end = text[text.index("COPY --from=names") :]
    assert end == f"COPY --from=names /app/ .\n{INSTALL}RUN mkdir -p /data\n{INSTALL}COPY . .\nCMD app\n"


def test_it_goes_no_further_than_the_sources_may() -> None:
    (text,), _ = found(f"{START}{INSTALL}RUN ./configure\n{INSTALL}")
    assert text.endswith(f"{INSTALL}COPY . .\nRUN ./configure\n{INSTALL}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (START.replace("COPY . .", "COPY --chown=1000 . .") + INSTALL, "has flags"),
        (START + "RUN cat app/main.py\n" + INSTALL, "reads a whole directory that the COPY fills"),
        (START + "USER 1000\n" + INSTALL, "another user than root"),
        (f"FROM debian\nRUN touch /a\n{START}COPY --from=0 /a /a\n{INSTALL}", "by its number"),
        (START.replace("FROM python:3.12-slim", "FROM \\\n  python:3.12-slim") + INSTALL, "several lines"),
    ],
)
def test_it_is_refused(text: str, why: str) -> None:
    texts, reasons = found(text)
    assert texts == []
    assert why in " ".join(reasons)


def test_metadata_of_the_context_is_refused_unless_it_is_ignored() -> None:
    files = {**PROJECT, "shop.egg-info/SOURCES.txt": ""}
    assert "ignore it in .dockerignore" in " ".join(found(START + INSTALL, files)[1])
    (text,), _ = found(START + INSTALL, files, ignore="*.egg-info\n")
    assert "COPY --from=names" in text


def test_other_projects_and_other_installs_are_left_alone() -> None:
    assert found(START + "RUN pip install .\n") == ([], [])
    assert found(START + INSTALL, {**PROJECT, "setup.py": ""}) == ([], [])
    assert found(START + INSTALL, commits=(("pyproject.toml",),)) == ([], [])


def test_its_own_result_is_left_alone() -> None:
    (text,), _ = found(START + INSTALL)
    assert found(text) == ([], [])
