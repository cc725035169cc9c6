import pytest
from tests.meaning import lost_meaning

BEFORE = """\
FROM debian AS base
ARG GIT_COMMIT
ARG CHANNEL=stable
ENV REVISION=$GIT_COMMIT
LABEL revision=$GIT_COMMIT channel=$CHANNEL
RUN apt-get install -y ffmpeg
WORKDIR /app
COPY . .
RUN echo "$REVISION"

FROM base
CMD ["serve"]
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RUN echo", "ENV REVISION=none\nRUN echo"),
        ("ARG CHANNEL=stable\n", ""),
        ("ARG CHANNEL=stable", "ARG CHANNEL=edge"),
        ("LABEL revision=$GIT_COMMIT channel", "LABEL channel"),
        ("WORKDIR /app\nCOPY . .\n", "COPY . .\nWORKDIR /app\n"),
        ("COPY . .\n", ""),
        ("RUN apt", "USER nobody\nRUN apt"),
        ("RUN apt", 'SHELL ["/bin/bash", "-c"]\nRUN apt'),
        ('CMD ["serve"]\n', ""),
        ("FROM base\n", "FROM base\nENV A=1\n"),
    ],
)
def test_a_text_that_says_something_else_is_found(old: str, new: str) -> None:
    assert BEFORE.count(old) == 1
    assert lost_meaning(BEFORE, BEFORE.replace(old, new)) is not None


SAME = BEFORE.replace("ENV REVISION=$GIT_COMMIT\n", "").replace("RUN echo", "ENV REVISION=$GIT_COMMIT\nRUN echo")


@pytest.mark.parametrize("after", [BEFORE, SAME, BEFORE.replace("COPY . .", "COPY a.txt ./\nCOPY . ./")])
def test_an_order_that_says_the_same_is_none(after: str) -> None:
    assert lost_meaning(BEFORE, after) is None
