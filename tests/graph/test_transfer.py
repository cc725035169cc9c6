import pytest
from tests.analyses import analysis_of

from layerwise.graph.transfer import Transfer, transfer

FILES = {"app/main.py": "", "app/lib/a.py": "", "a.txt": "", "docs/b.txt": "", "docs/c.md": "", "e/f/g": ""}


def of(text: str, platforms: tuple[str, ...] = ("linux/amd64",), **options: object) -> Transfer:
    return transfer(analysis_of(f"FROM debian\n{text}\n", FILES, platforms=platforms, **options).graphs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "walked", "compared"),
    [
        ("RUN true", 0, 0),
        ("COPY app /app", 0, 2),
        ("COPY app /app\nCOPY app/lib /lib", 0, 2),
        ("COPY *.txt /t/", 5, 1),
        ("COPY *.txt /t/\nCOPY app /app", 3, 3),
        ("COPY . /app", 0, 6),
        ("COPY . /app\nCOPY *.txt /t/", 0, 6),
        ("COPY --exclude=docs . /app", 0, 6),
        ("COPY --exclude=*.md docs /docs", 0, 2),
        ("COPY --parents **/*.txt /t/", 4, 2),
        ("COPY --parents e/./f /t/", 0, 1),
        ("RUN --mount=type=bind,target=/src true", 0, 6),
        ("RUN --mount=type=bind,source=app,target=/src true", 0, 2),
        ("COPY nowhere /t", 0, 0),
    ],
)
def test_the_client_looks_at_what_the_sources_make_it(text: str, walked: int, compared: int) -> None:
    assert of(text) == Transfer(walked, compared)


def test_platforms_share_one_transfer() -> None:
    assert of("COPY app /app", ("linux/amd64", "linux/arm64")) == Transfer(0, 2)


def test_what_is_ignored_is_not_looked_at() -> None:
    assert of("COPY *.txt /t/", ignore="docs\ne\n") == Transfer(2, 1)


def test_a_link_is_followed_to_what_it_leads_to() -> None:
    assert of("COPY src /src", links={"src": "app"}) == Transfer(0, 2)
