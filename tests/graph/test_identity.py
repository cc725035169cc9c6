import pytest
from tests.analyses import analysis_of

from layerwise.graph.identity import numbers


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        ("USER 1000", ("1000", "")),
        ("USER 1000:1001", ("1000", "1001")),
        ("RUN useradd -u 1100 app\nUSER app", ("1100", "")),
        ("RUN useradd -u 1100 -g 1200 app\nUSER app", ("1100", "1200")),
        ("RUN groupadd -g 1200 app && useradd -u 1100 -g app app\nUSER app", ("1100", "1200")),
        ("RUN addgroup -g 1200 app && adduser -D -u 1100 -G app app\nUSER app", ("1100", "1200")),
        ("RUN groupadd --gid=1300 staff2 && useradd --uid=1100 app\nUSER app:staff2", ("1100", "1300")),
        ("RUN useradd app\nUSER app", None),
        ("USER node", None),
        ("RUN useradd -u 1100 other\nUSER app", None),
    ],
)
def test_the_numbers_of_a_user_are_those_that_the_file_says(lines: str, ids: tuple[str, str] | None) -> None:
    analysis = analysis_of(f"FROM debian\n{lines}\nRUN true\n")
    graph = analysis.graphs[0]
    assert numbers(analysis.dockerfile, graph, graph.steps[-1]) == ids
