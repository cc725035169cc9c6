from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.analyses import NODE, analysis_of

from layerwise.analysis import Analysis
from layerwise.passes import manifest_first
from layerwise.passes.base import Proposal, Safety
from layerwise.passes.digest import place_digest, rewrite_digest, rewrite_shape

UNSURE = """\
FROM node:20
RUN apt-get update && apt-get install -y git
WORKDIR /srv
COPY . .
RUN npm install
RUN ./configure
"""


def proposed(text: str = UNSURE, files: Mapping[str, str] = NODE, **facts: object) -> tuple[Proposal, Analysis]:
    analysis = analysis_of(text, files, **facts)  # type: ignore[arg-type]
    (found,) = [one for one in manifest_first.propose(analysis) if isinstance(one, Proposal)]
    assert found.safety is Safety.AFTER_PROOF
    return found, analysis


def digest(text: str = UNSURE, **facts: object) -> str:
    return rewrite_digest("manifest-first", *proposed(text, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("was", "comes"),
    [
        ("RUN ./configure", "RUN ./configure --fast"),
        ("RUN ./configure", "RUN ./configure\nLABEL a=b"),
        ("WORKDIR /srv", "ARG GIT_COMMIT\nWORKDIR /srv"),
        ("WORKDIR /srv", "ENV DEBIAN_FRONTEND=noninteractive\nWORKDIR /srv"),
        ("FROM node:20\n", "# our base\n\nFROM node:20\n"),
        ("&& apt-get install -y git", "\\\n    && apt-get install -y git"),
    ],
)
def test_what_the_claim_does_not_rest_on_keeps_the_digest(was, comes):
    assert digest(UNSURE.replace(was, comes)) == digest()


@pytest.mark.parametrize(
    ("was", "comes"),
    [
        ("node:20", "node:22"),
        ("npm install", "npm install --omit=dev"),
        ("RUN apt-get", "RUN npm config set ignore-scripts true\nRUN apt-get"),
        ("COPY . .", "COPY . ./"),
    ],
)
def test_what_the_claim_rests_on_makes_another_digest(was, comes):
    assert digest(UNSURE.replace(was, comes)) != digest()


def test_the_base_that_an_argument_names_is_part_of_it():
    one, other = (digest(f"ARG TAG={tag}\n{UNSURE.replace('node:20', 'node:$TAG')}") for tag in ("20", "22"))
    assert one != other


def test_the_base_of_the_stage_that_a_stage_starts_from_is_part_of_it():
    chain = UNSURE.replace("FROM node:20", "FROM node:20 AS base\nFROM base")
    assert digest(chain) != digest(chain.replace("node:20", "node:22"))


def test_target_and_platforms_are_part_of_it_and_the_order_of_platforms_is_not():
    one, both = ("linux/amd64",), ("linux/amd64", "linux/arm64")
    assert digest(platforms=one) != digest(platforms=both)
    assert digest(UNSURE.replace("node:20", "node:20 AS web")) != digest(
        UNSURE.replace("node:20", "node:20 AS web"), target="web"
    )


@pytest.mark.parametrize("change", [{"doubts": ("another",)}, {"ignore": "node_modules\n"}, {"safety": Safety.FROZEN}])
def test_class_doubts_and_ignore_file_are_part_of_it(change):
    proposal, analysis = proposed()
    changed = replace(proposal, **change)
    assert rewrite_digest("manifest-first", changed, analysis) != rewrite_digest("manifest-first", proposal, analysis)


def test_the_pass_is_part_of_it():
    assert rewrite_digest("other", *proposed()) != digest()


def test_two_parts_are_not_taken_for_one():
    proposal, analysis = proposed()
    one, other = (replace(proposal, doubts=doubts) for doubts in (("a", "b"), ("ab",)))
    assert rewrite_digest("x", one, analysis) != rewrite_digest("x", other, analysis)


def test_a_place_is_that_of_one_very_file_target_and_platforms():
    _, analysis = proposed()
    here = place_digest("manifest-first", "0 COPY . .", analysis)
    assert here == place_digest("manifest-first", "0 COPY . .", proposed()[1])
    others = (
        place_digest("manifest-first", "1 COPY . .", analysis),
        place_digest("late-args", "0 COPY . .", analysis),
        place_digest("manifest-first", "0 COPY . .", analysis.rewritten(f"{analysis.dockerfile.text}\n")),
        place_digest("manifest-first", "0 COPY . .", proposed(platforms=("linux/arm64",))[1]),
    )
    assert len({here, *others}) == len(others) + 1


def test_a_rewrite_has_one_shape_wherever_its_instructions_stand():
    assert rewrite_shape(*proposed()) == rewrite_shape(*proposed(UNSURE.replace("git", "git curl")))


def test_a_copy_that_passes_more_steps_has_another_shape():
    passed = UNSURE.replace("RUN npm install\n", "RUN npm install\nRUN apt-get update\n")
    assert rewrite_shape(*proposed()) != rewrite_shape(*proposed(passed))
