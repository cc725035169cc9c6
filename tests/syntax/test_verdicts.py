import pytest
from tests.syntax.verdicts import VERDICTS, Verdict

from layerwise.errors import DockerfileError
from layerwise.syntax.parser import parse


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.fact)
def test_the_parser_accepts_and_refuses_what_buildkit_does(verdict: Verdict):
    if verdict.accepted:
        assert str(parse(verdict.text)) == verdict.text
    else:
        with pytest.raises(DockerfileError):
            parse(verdict.text)


def test_no_fact_is_told_twice():
    assert len({verdict.fact for verdict in VERDICTS}) == len({verdict.text for verdict in VERDICTS}) == len(VERDICTS)
