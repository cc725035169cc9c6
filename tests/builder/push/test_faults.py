import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builder.push import faults
from tests.builder.push.faults import FAULTS, NOBODY, PHASES, Faulty, Killed, Mortal, pushed, row, version_named
from tests.builder.push.shop import Shop, expected
from tests.oci.server import served

from layerwise.builder.push.checking import check
from layerwise.builder.push.promotion import Promotion, Result, promote
from layerwise.oci.registry import Client

PASSING = frozenset(FAULTS) - {"401", "403", "429 for 10 min"}
QUICK = tuple(name for name in FAULTS if name != "no answer")
KEPT = "previous is written"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with served(server=Faulty()) as registry:
        assert isinstance(registry, Faulty)
        yield Shop(registry)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", QUICK)
def test_a_fault_that_passes_leaves_a_whole_tag_and_the_second_call_finishes(shop, phase, fault):
    found = row(shop, phase, fault, once=True)
    assert "\n" not in found.said
    if fault in PASSING or phase in {KEPT, "the tag is read again"}:
        assert found.named == "2"
        assert "names these images already" in found.second
    else:
        assert found.named == "1"
        assert shop.memory.host in found.said


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", QUICK)
def test_a_fault_that_stays_leaves_a_whole_tag_and_the_second_call_finishes(shop, phase, fault):
    found = row(shop, phase, fault, once=False)
    assert "\n" not in found.said
    deed = fault.endswith("after the deed") or fault in {"slow", "half an answer"}
    if phase in {KEPT, "the tag is read again"} or fault == "slow" or (phase == "the tag is written" and deed):
        assert found.named == "2"
        assert "names these images already" in found.second
    elif not (fault == "half an answer" and "names" in found.said):
        assert found.named == "1"
        assert shop.memory.host in found.said
        assert " names sha256:" in found.second
        assert shop.images("previous") == expected("1")


@pytest.mark.parametrize("phase", ["a manifest is read", "the index is written", "the tag is written"])
def test_a_registry_that_does_not_answer_leaves_a_whole_tag(shop, phase):
    found = row(shop, phase, "no answer", once=False)
    assert found.named == "1"
    assert "does not answer in time" in found.said


@given(st.lists(st.sampled_from(["", "", *QUICK]), max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_goes_wrong_the_tag_names_a_whole_image_that_was_meant_for_it(shop, sequence):
    registry = shop.memory
    registry.repositories.clear()
    registry.fault = lambda _: ""
    pushed(shop, "1")
    left = list(sequence)
    registry.fault = lambda _: left.pop(0) if left else ""
    said = pushed(shop, "2")
    named = version_named(shop)
    if "not known" not in said:
        assert (named == "2") is (f"{shop.reference()} names " in said)
    registry.fault = lambda _: ""
    pushed(shop, "2")
    assert version_named(shop) == "2"
    if shop.tags.get("previous"):
        assert shop.images("previous") == expected("1")


@pytest.mark.parametrize("sent", [False, True])
def test_a_client_that_is_killed_at_any_request_leaves_a_whole_tag(shop, sent):
    registry = shop.memory
    registry.fault = lambda _: ""
    named = []
    for requests in range(100):
        registry.repositories.clear()
        pushed(shop, "1")
        mortal = Client(NOBODY, Mortal(NOBODY, requests, sent=sent))
        try:
            promote(mortal, shop.reference(), check(mortal, shop.version("2")))
        except Killed:
            named.append(version_named(shop))
            pushed(shop, "2")
        else:
            break
        assert version_named(shop) == "2"
        assert shop.images("previous") == expected("1")
    # it was killed before the tag was written and after
    assert named == sorted(named)
    assert set(named) == {"1", "2"}


# ---- two at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("round_", range(5))
def test_of_two_pushers_of_one_tag_one_wins_and_nothing_is_mixed(shop, round_):
    registry = shop.memory
    registry.repositories.clear()
    registry.fault = lambda _: ""
    pushed(shop, "0")
    versions = ("1", "2")
    ready = threading.Barrier(2)
    done: dict[str, Promotion] = {}

    def push(version: str) -> None:
        one = faults.client()
        checked = check(one, shop.version(version))
        ready.wait()
        done[version] = promote(one, shop.reference(), checked)

    threads = [threading.Thread(target=push, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one.result is Result.MOVED for one in done.values())
    winner = version_named(shop)
    assert shop.tags["latest"] == done[winner].now
    assert shop.images("previous") in (expected("0"), expected("1"), expected("2"))
