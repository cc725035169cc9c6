import pytest
from tests.prove.images import CONFIG, Entry, file, folder, image, symlink
from tests.report.builds import screen, valid

from layerwise.prove.verdict import Verdict
from layerwise.prove.verify import Expectation, Options, verify
from layerwise.report.verify import verify_document, verify_text

LISTED = file("var/lib/dpkg/info/libssl3:amd64.list", "/usr/lib/libssl.so.3\n/etc/openssl.cnf\n")
LEFT = [
    file("app/main.py", "print(1)\n"),
    file("usr/lib/libssl.so.3", b"\0" * 640_000),
    file("etc/openssl.cnf", "a\nb\n"),
    file("var/log/dpkg.log", "1"),
    LISTED,
]
RIGHT = [
    file("app/main.py", "print(1)\n", mode=0o755),
    file("usr/lib/libssl.so.3", b"\0" * 650_000),
    file("etc/openssl.cnf", "a\n\x1b[2Jc\n"),
    file("var/log/dpkg.log", "2"),
    LISTED,
    *(file(f"opt/more/{name}") for name in "abc"),
]
OTHER_CONFIG = CONFIG | {"config": CONFIG["config"] | {"Cmd": ["serve", "-v"]}}


def compared(
    left: list[Entry] = LEFT, right: list[Entry] = RIGHT, *expected: Expectation, config: object = CONFIG
) -> Verdict:
    sides = [image(left, reference="shop:1")], [image(right, reference="shop:2", config=config)]
    return verify(*sides, Options(expected=expected))


def test_what_matters_first_stands_first() -> None:
    verdict = compared(LEFT, RIGHT, Expectation("/etc/**", "wanted"), config=OTHER_CONFIG)
    assert screen(verify_text(verdict)) == (
        "The images are not the same: 8 real differences.\n"
        "  A  shop:1\n"
        "  B  shop:2\n"
        "\n"
        "linux/amd64: 8 real differences in 20 paths; noise: 1\n"
        "  image config\n"
        '    Cmd  ["serve"] -> ["serve", "-v"]\n'
        "  files of no package\n"
        "    /app/main.py  mode 0644 -> 0755\n"
        "    /opt  directory only in B, with 4 entries\n"
        "  libssl3 (dpkg)\n"
        "    /usr/lib/libssl.so.3  content 640 kB -> 650 kB\n"
        "  expected\n"
        "    /etc/openssl.cnf  content 4 B -> 8 B\n"
        "  noise\n"
        "    1 dpkg-logs: what was done, and when\n"
    )


def test_text_is_shown_as_a_diff_that_no_terminal_obeys() -> None:
    shown = screen(verify_text(compared()))
    assert "      -b\n      +\N{REPLACEMENT CHARACTER}[2Jc\n" in shown
    assert "\x1b" not in shown


def test_images_that_are_the_same_take_few_lines() -> None:
    shown = screen(verify_text(compared(LEFT, LEFT)))
    assert shown == "The images are the same.\n  A  shop:1\n  B  shop:2\n\nlinux/amd64: the same\n"


def test_one_difference_is_not_several() -> None:
    shown = screen(verify_text(compared([file("a")], [file("a", mode=0o600)])))
    assert "The images are not the same: 1 real difference.\n" in shown
    assert "linux/amd64: 1 real difference in 2 paths\n" in shown


def test_a_package_of_one_side_is_one_line() -> None:
    paths = [f"opt/x/{number}" for number in range(6)]
    listed = file("var/lib/dpkg/info/x.list", "".join(f"/{path}\n" for path in paths))
    shown = screen(verify_text(compared([listed, folder("opt/x")], [listed, *map(file, paths)])))
    assert "  x (dpkg)\n    only in B: 6 paths\n" in shown
    few = screen(verify_text(compared([listed, folder("opt/x")], [listed, *map(file, paths[:2])])))
    assert "  x (dpkg)\n    /opt/x/0  only in B\n    /opt/x/1  only in B\n" in few


def test_the_first_places_of_many_are_shown_and_all_if_asked() -> None:
    verdict = compared([], [file(f"{number:03}") for number in range(60)])
    shown = screen(verify_text(verdict))
    assert "/039" in shown
    assert "/040" not in shown
    assert "  and 20 more places\n" in shown
    assert "/059" in screen(verify_text(verdict, verbose=True))


def test_all_that_differs_at_a_place_stands_in_one_line() -> None:
    shown = screen(verify_text(compared([file("a", "1")], [file("a", "2", mode=0o600, owner=(1, 1))])))
    assert "    /a  content, mode 0644 -> 0600, owner 0:0 -> 1:1\n" in shown


@pytest.mark.parametrize(
    ("left", "right", "line"),
    [
        ([file("a")], [symlink("a", "b")], "/a  kind file -> symbolic link"),
        ([symlink("a", "b")], [symlink("a", "")], '/a  link target b -> ""'),
        ([file("a")], [file("a", xattrs=(("user.a", "1"),))], "/a  extended attributes none -> user.a=0x31"),
        ([], [symlink("a", "b")], "/a  symbolic link only in B"),
        ([file("a\tb\x07")], [], "/a b\N{REPLACEMENT CHARACTER}  only in A"),
        ([folder("d")], [folder("d"), folder("d/e"), file("d/e/f")], "/d/e  directory only in B, with 1 entry"),
    ],
)
def test_each_kind_of_difference_has_its_words(left: list[Entry], right: list[Entry], line: str) -> None:
    assert f"    {line}\n" in screen(verify_text(compared(left, right)))


def test_a_platform_of_one_side_is_said() -> None:
    verdict = verify([image(LEFT)], [image(LEFT), image(LEFT, platform="linux/arm64")])
    shown = screen(verify_text(verdict))
    assert "linux/arm64: 1 real difference\n    linux/arm64  only in B\n" in shown
    assert valid(verify_document(verdict))["platforms"][1]["real"][0]["what"] == "platform"


def test_the_document_has_what_the_schema_says() -> None:
    found = valid(verify_document(compared(LEFT, RIGHT, Expectation("/opt/**", "wanted"), config=OTHER_CONFIG)))
    assert (found["equal"], found["a"], found["b"]) == (False, "shop:1", "shop:2")
    (platform,) = found["platforms"]
    assert (platform["platform"], platform["paths"], platform["noise"]) == ("linux/amd64", 20, 1)
    assert [(rule["rule"], rule["count"]) for rule in platform["noise_rules"]] == [("dpkg-logs", 1)]
    assert {one["where"] for one in platform["expected"]} == {"/opt/more", "/opt/more/a", "/opt/more/b", "/opt/more/c"}
    assert platform["real"][0] == {
        "where": "Cmd", "what": "setting", "a": '["serve"]', "b": '["serve", "-v"]', "owner": None, "excerpt": [],
    }  # fmt: skip
    (cnf,) = (one for one in platform["real"] if one["where"] == "/etc/openssl.cnf")
    assert cnf["owner"] == {"manager": "dpkg", "package": "libssl3"}
    assert cnf["excerpt"][0] == "@@ -1,2 +1,2 @@"


def test_names_that_are_no_utf_8_are_written_with_their_bytes() -> None:
    (platform,) = valid(verify_document(compared([file("\udcff")], [])))["platforms"]
    assert [one["where"] for one in platform["real"]] == ["/\\xff"]


def test_images_without_a_difference_have_an_empty_document() -> None:
    assert valid(verify_document(compared(LEFT, LEFT)))["platforms"] == [
        {"platform": "linux/amd64", "paths": None, "noise": 0, "noise_rules": [], "expected": [], "real": []}
    ]
