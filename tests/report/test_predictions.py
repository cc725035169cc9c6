"""In every form of a bench and of a proof, what was predicted stands beside what was measured."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.report.benches import bench, predicted, row
from tests.report.builds import screen
from tests.report.html_reader import read
from tests.report.proofs import proof

from layerwise.report.bench_document import bench_document
from layerwise.report.bench_markdown import bench_markdown
from layerwise.report.bench_page import bench_page
from layerwise.report.bench_text import bench_text
from layerwise.report.proof_document import proof_document
from layerwise.report.proof_markdown import proof_markdown
from layerwise.report.proof_page import proof_page
from layerwise.report.proof_text import proof_text

MADE = bench(predicted(row("code", 9.0, 2.0), 8.0, 2.5))
FORMS: dict[str, Callable[[], str]] = {
    "bench text": lambda: screen(bench_text(MADE)),
    "bench Markdown": lambda: bench_markdown(MADE),
    "bench page": lambda: " ".join(read(bench_page(MADE)).words),
    "proof text": lambda: screen(proof_text(proof(MADE), verbose=True)),
    "proof Markdown": lambda: proof_markdown(proof(MADE)),
    "proof page": lambda: " ".join(read(proof_page(proof(MADE))).words),
}


@pytest.mark.parametrize("form", FORMS)
def test_predicted_and_measured_stand_side_by_side_with_how_far_off_that_was(form: str) -> None:
    said = " ".join(re.sub(r"[|\s]+", " ", FORMS[form]()).partition("Predicted before the bench")[2].split())
    assert "code before 8.00 s 9.00 s ± 0.18 -11% predicted code after 2.50 s 2.00 s ± 0.04 +25% predicted" in said
    assert "2 predictions were off by 18% in the median." in said


@pytest.mark.parametrize("document", [bench_document(MADE), proof_document(proof(MADE))], ids=["bench", "proof"])
def test_json_has_them_and_the_median(document: Any) -> None:
    (scenario,) = document["scenarios"]
    assert (scenario["before_s"], scenario["after_s"]) == (9.0, 2.0)
    assert scenario["predicted"] == {
        "before_s": 8.0,
        "after_s": 2.5,
        "before_error": -0.1111,
        "after_error": 0.25,
        "basis": "predicted",
    }
    assert document["predictions"] == {"figures": 2, "median_error": 0.1806}
