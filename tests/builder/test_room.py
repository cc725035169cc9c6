import pytest

from layerwise.builder.room import Rule, driver_of, free_bytes, kept_bytes, rules_of

INSPECTED = """\
Name:          default
Driver:        docker
Last Activity: 2026-11-26 02:02:28 +0000 UTC

Nodes:
Name:             default
Endpoint:         default
GC Policy rule#0:
 All:            false
 Filters:        type==source.local,type==exec.cachemount,type==source.git.checkout
 Keep Duration:  48h0m0s
 Max Used Space: 2.073GiB
GC Policy rule#1:
 All:            false
 Keep Duration:  1440h0m0s
 Reserved Space: 15GiB
GC Policy rule#2:
 All:            false
 Reserved Space: 15GiB
GC Policy rule#3:
 All:            true
 Max Used Space: 20GiB
 Reserved Space: 10GiB
 Min Free Space: 5GiB
"""
GIB = 1024**3


def test_rules_that_may_remove_what_was_just_used_are_read():
    assert rules_of(INSPECTED) == (
        Rule(most_bytes=None, reserved_bytes=15 * GIB, free_bytes=0),
        Rule(most_bytes=20 * GIB, reserved_bytes=10 * GIB, free_bytes=5 * GIB),
    )
    assert driver_of(INSPECTED) == "docker"


def test_an_older_buildx_calls_it_keep_bytes():
    assert rules_of("GC Policy rule#0:\n All: true\n Keep Bytes: 9.3GiB\n")[0].reserved_bytes == round(9.3 * GIB)


def test_a_builder_that_says_nothing_sets_no_limit():
    assert rules_of("Name: a\n") == ()
    assert driver_of("Name: a\n") == ""
    assert kept_bytes((), 5, 5) is None


@pytest.mark.parametrize(
    ("rule", "held", "free", "kept"),
    [
        (Rule(None, 0, 0), 100, 10, None),
        (Rule(None, 50, 0), 100, 10, 50),
        (Rule(80, 50, 0), 100, 10, 80),
        (Rule(80, 50, 30), 100, 10, 80),
        (Rule(80, 50, 40), 100, 10, 70),
        (Rule(80, 50, 90), 100, 10, 50),
        (Rule(None, 50, 40), 100, 10, 70),
        (Rule(None, 0, 40), 100, None, None),
        (Rule(None, 0, 40), 100, 50, None),
    ],
)
def test_what_a_rule_lets_a_cache_hold(rule, held, free, kept):
    assert rule.kept_bytes(held, free) == kept


def test_the_strictest_rule_counts():
    assert kept_bytes((Rule(80, 0, 0), Rule(60, 0, 0), Rule(None, 0, 0)), 100, None) == 60


@pytest.mark.parametrize(
    ("endpoint", "directory", "known"),
    [
        ("unix:///var/run/docker.sock", "here", True),
        ("unix:///s", "/no/such/place", False),
        ("tcp://far:2376", "here", False),
    ],
)
def test_the_disk_of_another_machine_is_not_known(tmp_path, endpoint, directory, known):
    docker = tmp_path / "docker"
    place = tmp_path if directory == "here" else directory
    docker.write_text(f'#!/bin/sh\ncase "$1" in context) echo {endpoint};; info) echo {place};; esac\n')
    docker.chmod(0o755)
    found = free_bytes({"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (found is not None) == known
