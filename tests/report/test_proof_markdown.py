import re

from hypothesis import given
from tests.report.bench_strategies import MARKUP, proofs
from tests.report.proofs import DIFF, chosen, dropped, proof, recorded

from layerwise.report.proof_markdown import proof_markdown


def test_the_verdict_and_the_edits_are_seen_and_the_rest_is_folded_away():
    text = proof_markdown(proof(), (recorded(),))
    assert text.startswith("**5 of 6 edits stay (link-copies at line 3 changes the image); ")
    assert "\n- **manifest-first**, line 12, equivalent: src/montage/cli.py changes on 41 of 60 commits" in text
    assert "\n- **link-copies**, line 3, changes the image, found in 3 builds: /srv/app/data differs in kind" in text
    assert re.findall("<summary>(.*)</summary>", text) == [
        "Predicted before the bench",
        "Not measured",
        "How it was measured",
        "Steps of code on linux/amd64, one build each, by the engine: 65.1 s -&gt; 5.4 s",
        "Images before and after, 31 builds in all",
        "The change",
    ]
    assert f"\n```diff\n{DIFF}```\n" in text
    assert "| 7 | `RUN pip install -r requirements.txt` | amd64 | 52.0 s | cached | -52.0 s |" in text


def test_instructions_in_a_sentence_are_code():
    text = proof_markdown(proof(kept=(chosen("a", why="`RUN x_y` is_slow"),)))
    assert "- **a**, line 3, equivalent: `RUN x_y` is\\_slow.\n" in text


def test_markup_in_a_name_is_text():
    made = proof(
        kept=(chosen(MARKUP, why="@octocat"),), dropped=(dropped("a", reason=MARKUP),), diff=f"+{MARKUP}\n```\n"
    )
    text = proof_markdown(made)
    assert "<b" not in text.partition("<summary>The change")[0]
    assert "@octocat" not in text
    assert "````diff\n" in text


@given(proofs())
def test_what_is_opened_is_closed(made):
    proved, builds = made
    text = re.sub(r"(?ms)^(`{3,})diff\n.*?^\1$", "", proof_markdown(proved, builds))
    assert text.count("<details>") == text.count("</details>")
    prose = re.sub(r"\\`|`[^`]*`", "", text)  # a backtick behind a backslash opens no code
    assert not re.search("<(?!details>|/details>|summary>|/summary>|!-- -->)", prose)
