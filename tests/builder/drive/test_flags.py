from pathlib import Path

from layerwise.builder.drive.flags import BUILDX, SHOWN, Flags, read_help

HELP = Path(__file__).parents[2] / "recordings" / "help" / "buildx-0.29.1.txt"


def test_the_table_is_that_of_buildx_s_own_help():
    assert read_help(HELP.read_text()) == SHOWN


def test_what_buildx_takes_and_does_not_show_is_known_too():
    assert BUILDX.values > SHOWN.values
    assert "force-rm" in BUILDX.switches
    assert BUILDX.letters["m"] == "memory"


def test_help_in_several_lines_is_read_by_its_first():
    text = "Options:\n      --new-thing string              Does\n                                      --not-a-flag\n  -x, --switch                        Is on\n"
    assert read_help(text) == Flags(frozenset({"new-thing"}), frozenset({"switch"}), {"x": "switch"})


def test_of_two_tables_the_first_wins():
    one = Flags(frozenset({"a"}), frozenset({"b"}), {"x": "a"})
    other = Flags(frozenset({"b", "c"}), frozenset({"a", "d"}), {"x": "d", "y": "c"})
    assert one | other == Flags(frozenset({"a", "c"}), frozenset({"b", "d"}), {"x": "a", "y": "c"})
