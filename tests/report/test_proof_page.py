import re
from xml.etree import ElementTree as ET

from hypothesis import given
from tests.report.bench_strategies import MARKUP, proofs
from tests.report.benches import AMD64, ARM64, bench, row
from tests.report.html_reader import headings, read
from tests.report.proofs import chosen, dropped, proof, recorded

from layerwise.report.proof_page import proof_page


def test_the_verdict_is_first_then_what_stays_bars_steps_and_the_change():
    page = proof_page(proof(), (recorded(AMD64), recorded(ARM64)))
    assert page.index("<h1>5 of 6 edits stay") < page.index("<h2>Kept") < page.index("<svg")
    assert headings(page) == [
        "Kept",
        "Dropped",
        "Seconds before and after",
        "Steps",
        "The change",
        "Images before and after",
        "Predicted before the bench",
        "Not measured",
        "How it was measured",
    ]
    assert page.count("<details") == 3
    assert page.count('<details open="open">') == 1
    assert "<code>RUN pip install -r requirements.txt</code>" in page


def test_the_diff_has_colours():
    page = proof_page(proof())
    assert '<span class="add">+COPY --chown=app . .\n</span>' in page
    assert '<span class="del">--- not a file name\n</span>' in page
    assert '<span class="file">--- a/Dockerfile\n</span>' in page


def test_instructions_in_a_sentence_are_code():
    page = proof_page(proof(kept=(chosen("a", why="`RUN x` is slow", evidence=("`y` reads z",)),)))
    assert "<dd><code>RUN x</code> is slow.<ul>" in page
    assert "<li><code>y</code> reads z</li>" in page


def test_parts_without_content_are_left_out():
    page = proof_page(proof(bench(isolation=""), kept=(), dropped=(), equal=None, images=None, diff=""))
    assert headings(page) == []


def test_nothing_runs_and_nothing_is_loaded():
    page = proof_page(proof(), (recorded(),)).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"<script|<link|<img|<iframe|href|src=|url\(|http:|https:|@import", page)
    assert 'content="default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;"' in page


def test_style_sheets_are_the_same_to_both_parsers():
    for style in re.findall("<style>(.*?)</style>", proof_page(proof()), re.DOTALL):
        assert not re.search("[<>&\"']", style)


def test_markup_in_a_name_is_text():
    made = proof(
        bench(row(MARKUP, 60.0, 5.0, platform=MARKUP, subject=MARKUP), project=MARKUP, dockerfile=MARKUP),
        kept=(chosen(MARKUP, why=MARKUP, evidence=(MARKUP,)),),
        dropped=(dropped(MARKUP, reason=MARKUP),),
        diff=f"--- a\n+++ b\n@@ -0,0 +1 @@\n+{MARKUP}\n",
    )
    reader = read(proof_page(made))
    assert "script" not in reader.tags
    assert not {name for name in reader.attributes if name.startswith("on")}
    assert sum(MARKUP in word for word in reader.words) >= 8


def test_hundreds_of_rows_are_all_there():
    rows = [row(f"dockerfile:{number}", 9.0, 8.0, platform=AMD64) for number in range(300)]
    assert proof_page(proof(bench(*rows))).count(">dockerfile:299<") == 2


@given(proofs())
def test_every_page_is_well_formed_html_and_xml(made):
    page = proof_page(*made)
    reader = read(page)
    root = ET.fromstring(page.encode())
    assert {one.tag.rpartition("}")[2].lower() for one in root.iter()} == reader.tags | {"meta"}
    assert "script" not in reader.tags
