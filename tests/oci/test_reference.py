import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.errors import UsageError
from layerwise.oci.reference import Reference, parse_reference, whole_name

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("index.docker.io/library/alpine", "docker.io/library/alpine:latest"),
        ("grafana/loki", "docker.io/grafana/loki:latest"),
        ("ghcr.io/o/r:v1", "ghcr.io/o/r:v1"),
        ("localhost/x", "localhost/x:latest"),
        ("localhost:5035/x/y:tag", "localhost:5035/x/y:tag"),
        ("registry:5000/x", "registry:5000/x:latest"),
        ("Registry/x", "Registry/x:latest"),
        ("registry/x", "docker.io/registry/x:latest"),
        ("[::1]:5000/x:t", "[::1]:5000/x:t"),
        ("a.b/x__y/z--w.v", "a.b/x__y/z--w.v:latest"),
        (f"repo@{DIGEST}", f"docker.io/library/repo@{DIGEST}"),
        (f"localhost:5035/r:tag@{DIGEST}", f"localhost:5035/r:tag@{DIGEST}"),
        (f"r@sha512:{HEX}{HEX}", f"docker.io/library/r@sha512:{HEX}{HEX}"),
        ("localhost:5000", "docker.io/library/localhost:5000"),
    ],
)
def test_a_reference_is_read_as_docker_reads_it(text, whole):
    assert str(parse_reference(text)) == whole


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "HOST/REPOSITORY:TAG"),
        ("Alpine", "no upper case"),
        ("ghcr.io/Owner/repo", "no upper case"),
        ("https://ghcr.io/x", "leave out https://"),
        ("x@sha256:abc", "64 hexadecimal digits"),
        (f"x@sha256:{HEX.upper()}", "64 hexadecimal digits"),
        ("x:", "HOST/REPOSITORY:TAG"),
        ("x:" + "t" * 129, "HOST/REPOSITORY:TAG"),
        ("a//b", "HOST/REPOSITORY:TAG"),
        ("a..b/c", "HOST/REPOSITORY:TAG"),
        ("-a/b", "HOST/REPOSITORY:TAG"),
        ("a/b\n", "HOST/REPOSITORY:TAG"),
        ("x" * 256, "HOST/REPOSITORY:TAG"),
        (HEX, "HOST/REPOSITORY:TAG"),
        ("älpine", "HOST/REPOSITORY:TAG"),
    ],
)
def test_what_is_no_reference_is_refused_with_advice(text, advice):
    with pytest.raises(UsageError, match="is no reference of an image") as caught:
        parse_reference(text)
    assert advice in str(caught.value)
    assert whole_name(text) == ""


def test_the_digest_counts_where_there_is_a_tag_too():
    assert parse_reference("x:1").wanted == "1"
    assert parse_reference(f"x:1@{DIGEST}").wanted == DIGEST


PART = st.from_regex(r"[a-z0-9]+([._]|__|-+)[a-z0-9]+|[a-z0-9]+", fullmatch=True)
HOSTS = st.sampled_from(["docker.io", "ghcr.io", "localhost", "localhost:5000", "[::1]:80", "UPPER", "10.0.0.1"])
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@given(HOSTS, st.lists(PART, min_size=2, max_size=4), TAGS, st.sampled_from(["", DIGEST]))
def test_a_whole_name_is_read_back_as_the_same_reference(host, parts, tag, digest):
    reference = Reference(host, "/".join(parts), tag, digest)
    assert parse_reference(str(reference)) == reference


@given(st.one_of(st.text(), st.from_regex(r"[a-zA-Z0-9./:@_\[\]-]{1,80}", fullmatch=True)))
def test_no_text_crashes_the_parser_and_what_it_reads_is_stable(text):
    try:
        reference = parse_reference(text)
    except UsageError:
        return
    assert parse_reference(str(reference)) == reference
