import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.drive.output import Output, joined, read_output, split


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("out", Output("local", (("dest", "out"),))),
        ("-", Output("tar", (("dest", "-"),))),
        ("type=docker", Output("docker")),
        ("type=registry", Output("image", (("push", "true"),))),
        ("type=registry,name=a/b", Output("image", (("push", "true"), ("name", "a/b")))),
        ('type=image,"name=a/b,c/d",push=true', Output("image", (("name", "a/b,c/d"), ("push", "true")))),
        ("Type=image, Push=1", Output("image", (("push", "1"),))),
        ("dest=x", None),
        ("type=image,push", None),
        ('"type=image', None),
    ],
)
def test_an_output_is_read_as_buildx_reads_it(text, output):
    assert read_output(text) == output


def test_an_output_says_what_it_is_asked():
    output = read_output('type=image,"name=a/b,c/d",push=1,compression=zstd')
    assert output is not None
    assert output.names == ("a/b", "c/d")
    assert (output.on("push"), output.on("store"), output.get("compression")) == (True, False, "zstd")


def test_attributes_are_set_in_place_or_added():
    output = Output("image", (("name", "a"), ("push", "1"))).with_attributes(push="true", push_by_digest="true")
    assert str(output) == "type=image,name=a,push=true,push-by-digest=true"


@given(st.lists(st.tuples(st.sampled_from(["ref", "name", "dest"]), st.text(alphabet="ab/,:=\" '", min_size=1))))
def test_pairs_come_back_as_they_were(pairs):
    assert split(joined([("type", "image"), *pairs])) == (("type", "image"), *pairs)
