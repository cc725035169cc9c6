"""Which build arguments get a value for a comparison."""

from tests.analyses import analysis_of

from layerwise.prove.arguments import values


def test_a_build_argument_that_somebody_passes_has_a_value_where_there_is_none_here():
    text = "FROM debian\nARG GIT_COMMIT\nARG BUILD_DATE\nARG VERSION=1\nARG UNPASSED\nRUN make\n"
    shares = {"GIT_COMMIT": 1.0, "BUILD_DATE": 1.0, "VERSION": 1.0, "UNDECLARED": 1.0}
    found = values(analysis_of(text, arguments=shares), {"BUILD_DATE": "today"})
    assert found == ("--build-arg=GIT_COMMIT=0123456789abcdef0123456789abcdef01234567",)
