import pytest
from tests.analyses import PROJECT, analysis_of
from tests.pages import samples

from layerwise.passes import names_first
from layerwise.rules import emptied_sources
from layerwise.rules.base import Diagnosis
from layerwise.rules.emptied_sources import check

STAGE = samples(names_first)["After"]
TOML = PROJECT["pyproject.toml"]
DYNAMIC = TOML.replace('version = "1.0"', 'dynamic = ["version"]')


def found(text: str, **files: str) -> list[Diagnosis]:
    named = {{"toml": "pyproject.toml", "setup": "setup.py"}[name]: content for name, content in files.items()}
    return list(check(analysis_of(text, {**PROJECT, **named})))


def test_a_project_that_says_all_in_pyproject_toml_is_installed_by_its_names() -> None:
    assert found(STAGE) == []


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"setup": "print()\n"}, "setup.py may read them"),
        ({"toml": DYNAMIC}, "version may be taken from them"),
        ({"toml": f'{DYNAMIC}dynamic = {{version = {{attr = "app.version"}}}}\n'}, "version may be taken from them"),
        ({"toml": TOML.replace("setuptools.build_meta", "hatchling.build")}, "hatchling.build may read them"),
        ({"toml": f'{TOML}ext-modules = [{{name = "app.fast", sources = ["fast.c"]}}]\n'}, "names extension modules"),
        ({"toml": TOML.replace("setuptools>=77", "setuptools-scm")}, "does not say all that its build reads"),
        ({"toml": "not toml ["}, "no pyproject.toml says"),
    ],
)
def test_where_it_says_so_no_longer_the_stage_is_found_with_the_way_out(files: dict[str, str], why: str) -> None:
    (diagnosis,) = found(STAGE, **files)
    assert diagnosis.line == 1
    assert "line 12 reads the sources of /app" in diagnosis.message
    assert why in diagnosis.message
    assert "take this stage away, and the COPY that uses it (line 11)" in diagnosis.message
    assert diagnosis.mended_by(emptied_sources) is None


def test_an_install_that_is_not_in_place_is_found_too_and_pyproject_toml_not_blamed() -> None:
    (diagnosis,) = found(STAGE.replace("install --no-cache-dir -e .", "install ."))
    assert diagnosis.line == 1
    assert "of /app: an install that is not editable copies them; this stage" in diagnosis.message


def test_sources_that_are_copied_again_above_the_install_are_not_empty() -> None:
    text = STAGE.replace("RUN pip install", "COPY . .\nRUN pip install")
    assert found(text, setup="print()\n") == []


def test_a_line_that_empties_them_in_the_same_stage_is_found_itself() -> None:
    text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN find . -type f -exec truncate -s 0 {} +\nRUN pip install -e .\n"
    (diagnosis,) = found(text, setup="print()\n")
    assert (diagnosis.line, "take it away" in diagnosis.message) == (4, True)


def test_on_two_platforms_it_is_found_once() -> None:
    both = ("linux/amd64", "linux/arm64")
    assert len(list(check(analysis_of(STAGE, {**PROJECT, "setup.py": ""}, platforms=both)))) == 1
