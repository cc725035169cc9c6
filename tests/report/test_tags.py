from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from layerwise.report.tags import tag, write


def test_text_and_attributes_can_not_become_markup():
    assert write(tag("p", 'a < b & "c"', class_='x"><script>')) == (
        '<p class="x&quot;&gt;&lt;script&gt;">a &lt; b &amp; &quot;c&quot;</p>'
    )


def test_elements_among_elements_have_a_line_each():
    assert write(tag("g", tag("rect", x=1, y=2.5), tag("text", "a", text_anchor="end"))) == (
        '<g>\n<rect x="1" y="2.5"></rect>\n<text text-anchor="end">a</text>\n</g>'
    )


def test_white_space_that_shows_is_not_added():
    assert write(tag("pre", tag("span", "a\n"), tag("span", "b\n"))) == "<pre><span>a\n</span><span>b\n</span></pre>"


def test_an_element_without_content_ends_as_html_wants_it():
    assert write(tag("meta", charset="utf-8")) == '<meta charset="utf-8" />'
    assert write(tag("p")) == "<p></p>"


def test_numbers_are_short():
    assert write(tag("rect", x=100.0, y=1 / 3)) == '<rect x="100" y="0.33"></rect>'


@given(st.text(st.characters()), st.text(st.characters()))
def test_every_text_is_well_formed(text, value):
    read = ET.fromstring(write(tag("p", text, tag("b", text), title=value)).encode())
    assert len(read) == 1
    assert len(read.attrib) == 1
