import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.bundle import EngineRecord, HistoryRecord
from layerwise.builder.history import Remembered, Span
from layerwise.builder.local_state import Reference
from layerwise.builder.made import Trace, attributed, created_s, works_of
from layerwise.builder.observed import Observed, Vertex
from layerwise.builder.provenance import Origin, Provenance
from layerwise.builder.running import running_of
from layerwise.builder.usage import CacheItem
from layerwise.errors import BuilderError
from layerwise.records import Ending, Outcome

START = 1_795_658_734.0  # 2026-11-26 02:05:34 UTC
NAMES = (
    "[internal] load build definition from Dockerfile",
    "[internal] load build context",
    "[internal] preparing inline document",
    "[stage-0 2/4] COPY a .",
    "[stage-0 3/4] RUN --mount=type=cache,target=/c   sleep 1; echo hi",
    '[stage-0 4/4] RUN ["/bin/sh", "-c", "echo"]',
)
DESCRIPTIONS = (
    "local source for dockerfile",
    "local source for context",
    "[internal] preparing inline document",
    "[stage-0 2/4] COPY a .",
    "mount / from exec /bin/sh -c sleep 1; echo hi",
    "mount / from exec /bin/sh -c echo",
)


def item(number: int, description: str, at: float, kind: str = "regular") -> CacheItem:
    nanoseconds = round(at * 1e9)
    shown = f"2026-11-26 02:05:{34 + nanoseconds // 10**9:02d}.{nanoseconds % 10**9:09d} +0000 UTC"
    return CacheItem(f"id{number}", (), kind, description, 10, False, True, shown, "", 1)


def build(name: str, begins: float = 0.0, *, proved: bool = True, scope: str = "") -> Trace:
    """A build each of whose vertices takes a second."""
    vertices = tuple(
        Vertex(
            digest=f"d{place}",
            name=one,
            outcome=Outcome.EXECUTED,
            runs=((START + begins + place, START + begins + place + 1),),
        )
        for place, one in enumerate(NAMES)
    )
    origins = {"d5": Origin(lines=(9,), command=("/bin/sh", "-c", "echo"))} if proved else {}
    provenance = {"linux/amd64": Provenance(origins=origins, dockerfile=None, arguments=(), target="")}
    engine = EngineRecord(HistoryRecord(ref=name), Observed(vertices=vertices, ending=Ending.COMPLETED), provenance)
    span = Span(START + begins, START + begins + len(NAMES))
    return Trace(Reference("b", "n", name), span, works_of(engine), scope)


ITEMS = tuple(item(place, text, place + 0.5) for place, text in enumerate(DESCRIPTIONS))


def test_a_build_s_records_are_known_by_time_and_description():
    own = build("own")
    assert attributed([own], [], ITEMS).made == {one.id: own for one in ITEMS}


def test_a_build_that_failed_has_no_provenance_and_its_shell_commands_are_known_all_the_same():
    own = build("own", proved=False)
    assert set(attributed([own], [], ITEMS).made) == {one.id for one in ITEMS[:5]}


def test_a_base_image_is_nobody_s_but_for_one_that_the_bench_has_moved():
    own = build("own", scope="lwnonce17")
    pulled = [
        item(7, "pulled from localhost:5000/debian:bookworm-slim@sha256:abc", 2.5),
        item(8, "pulled from docker.io/library/layerwise-bench:nonce1-base-3-0@sha256:abc", 2.5),
        item(9, "pulled from docker.io/library/layerwise-bench:other-base-3-0@sha256:abc", 2.5),
    ]
    found = attributed([own], [build("other")], pulled)
    assert (set(found.made), found.contested) == ({"id8"}, set())


def test_records_of_other_moments_are_another_s():
    assert attributed([build("own", begins=20)], [], ITEMS).made == {}


def test_records_of_other_steps_are_another_s():
    others = [item(7, "mount / from exec /bin/sh -c make", 4.5), item(8, "[stage-0 2/4] COPY b .", 3.5)]
    assert attributed([build("own")], [], others).made == {}


def test_where_another_build_did_the_same_just_then_a_record_is_nobody_s():
    found = attributed([build("own")], [build("other", begins=0.2)], ITEMS)
    assert found.made == {}
    assert found.contested == {one.id for one in ITEMS}
    (marks,) = found.doubtful.values()
    assert attributed([build("own").without(marks)], [], ITEMS).made == {}, "also where the other one is forgotten"


def test_where_another_build_did_the_same_a_little_later_it_is_told_apart():
    own = build("own")
    assert attributed([own], [build("other", begins=2.2)], ITEMS).made == {one.id: own for one in ITEMS}


def test_where_nobody_knows_what_another_build_did_a_record_is_nobody_s():
    other = Trace(Reference("b", "n", "other"), Span(START, START + 3.0), None)
    found = attributed([build("own")], [other], ITEMS)
    assert set(found.made) == {one.id for one in ITEMS[3:]}
    assert found.contested == {one.id for one in ITEMS[:3]}


@pytest.mark.parametrize(
    ("dockerfile", "sure"),
    [
        ("FROM debian\nRUN other\nCOPY b .\n", {"id3", "id4", "id5"}),
        ("FROM debian\nRUN --mount=type=cache,target=/c sleep 1;  echo hi\n", {"id3", "id5"}),
        ('FROM debian\nRUN ["echo"]\n', {"id3", "id4"}),
        ("FROM debian\nRUN <<EOF\nsleep 1; echo hi\nEOF\n", {"id3", "id5"}),
        ("FROM debian\nCOPY --chmod=755 a .\n", {"id4", "id5"}),
        ("FROM debian\nARG X\nCOPY $X .\nENV PATH=$PATH:/x\n", {"id4", "id5"}),
        ("no Dockerfile", set()),
        (None, set()),
    ],
)
def test_beside_a_build_that_runs_what_its_dockerfile_does_not_have_is_sure(tmp_path, dockerfile, sure):
    path = tmp_path / "Dockerfile"
    if dockerfile is not None:
        path.write_text(dockerfile)
    running = running_of(Remembered(Reference("b", "n", "other"), Span(START - 5, math.inf), path))
    found = attributed([build("own")], [], ITEMS, [running])
    assert set(found.made) == sure
    assert found.contested == {one.id for one in ITEMS} - sure


def test_a_build_that_began_later_has_made_nothing_before(tmp_path):
    running = running_of(Remembered(Reference("b", "n", "other"), Span(START + 3, math.inf)))
    assert set(attributed([build("own")], [], ITEMS, [running]).made) == {"id0", "id1", "id2"}


def test_a_cache_mount_says_whose_it_is():
    own, other = build("own", scope="lw1"), build("other", scope="lw2")
    mounts = [
        item(7, 'cached mount /c from exec /bin/sh -c sleep 1; echo hi with id "lw1//c"', 4.2, "exec.cachemount"),
        item(8, 'cached mount /c from exec /bin/sh -c sleep 1; echo hi with id "lw2//c"', 4.2, "exec.cachemount"),
    ]
    assert set(attributed([own], [other], mounts).made) == {"id7"}


@given(begins=st.floats(-8, 8), others=st.lists(st.floats(-8, 8), max_size=3))
def test_no_record_is_given_to_a_build_that_was_not_there(begins, others):
    own = build("own", begins)
    found = attributed([own], [build(f"o{number}", each) for number, each in enumerate(others)], ITEMS)
    for one in ITEMS:
        at = created_s(one)
        if one.id in found.made:
            assert own.span.start_s - 0.1 <= at <= own.span.end_s + 0.2
        assert not (one.id in found.made and one.id in found.contested)


def test_times_are_read_to_the_nanosecond():
    assert created_s(item(1, "", 0.852308721)) == pytest.approx(START + 0.852308721, abs=1e-6)
    whole = CacheItem("a", (), "", "", 1, False, True, "2026-11-26 03:05:34 +0100 CET", "", 1)
    assert created_s(whole) == START


def test_a_time_in_another_form_is_an_error():
    with pytest.raises(BuilderError, match="is no time"):
        created_s(CacheItem("a", (), "", "", 1, False, True, "yesterday", "", 1))
