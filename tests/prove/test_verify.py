from dataclasses import replace

from tests.prove.images import CONFIG, Entry, file, folder, image

from layerwise.oci.image import Image
from layerwise.prove.difference import Difference, Facet
from layerwise.prove.verdict import Owner, Standing, Verdict
from layerwise.prove.verify import Expectation, Options, verify

TREE = [file("app/main.py", "print(1)\n"), file("etc/app.conf", "a\nb\n")]
OTHER = [file("app/main.py", "print(2)\n"), file("etc/app.conf", "a\nc\n")]


def platforms(*names: str, entries: list[Entry] = TREE, reference: str = "shop:1") -> tuple[Image, ...]:
    return tuple(image(entries, platform=name, reference=reference) for name in names)


def real(verdict: Verdict) -> list[tuple[str, str]]:
    return [
        (one.platform, found.difference.where) for one in verdict.platforms for found in one.standing(Standing.REAL)
    ]


def test_images_of_the_same_platforms_are_compared_platform_by_platform() -> None:
    left, right = platforms("linux/amd64", "linux/arm64"), platforms("linux/arm64", "linux/amd64", reference="shop:2")
    verdict = verify(left, right)
    assert verdict.equal
    assert (verdict.left, verdict.right) == ("shop:1", "shop:2")
    assert [one.platform for one in verdict.platforms] == ["linux/amd64", "linux/arm64"]


def test_a_difference_on_one_platform_is_one_of_the_images() -> None:
    right = (*platforms("linux/amd64"), *platforms("linux/arm64", entries=OTHER))
    verdict = verify(platforms("linux/amd64", "linux/arm64"), right)
    assert not verdict.equal
    assert [one.equal for one in verdict.platforms] == [True, False]


def test_a_platform_that_only_one_image_has_is_a_real_difference() -> None:
    for turn in (1, -1):
        verdict = verify(*(platforms("linux/amd64", "linux/arm64"), platforms("linux/amd64"))[::turn])
        assert not verdict.equal
        assert real(verdict) == [("linux/arm64", "linux/arm64")]
        (_, one) = verdict.platforms
        assert (one.judged[0].difference.left is None) == (turn == -1)


def test_names_of_the_same_platform_are_the_same() -> None:
    for one, other in (
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/arm", "linux/arm/v7"),
    ):
        assert len(verify(platforms(one), platforms(other)).platforms) == 1
    assert len(verify(platforms("linux/arm/v6"), platforms("linux/arm/v7")).platforms) == 2


def test_a_platform_that_stands_there_twice_is_compared_in_order() -> None:
    twice = platforms("windows/amd64", "windows/amd64")
    assert len(verify(twice, twice).platforms) == 2
    assert [one.equal for one in verify(twice, twice[:1]).platforms] == [True, False]


def test_an_image_without_platforms_has_nothing_of_the_other() -> None:
    assert verify((), ()).equal
    assert not verify((), platforms("linux/amd64")).equal


def test_what_is_expected_is_not_real() -> None:
    options = Options(
        expected=(Expectation("/app/**", "another version"), Expectation("Labels *", "it says the version"))
    )
    labels = CONFIG | {"config": CONFIG["config"] | {"Labels": {"version": "2"}}}
    verdict = verify([image(TREE)], [image([OTHER[0], TREE[1]], config=labels)], options)
    assert verdict.equal
    assert {(one.difference.where, one.reason) for one in verdict.platforms[0].standing(Standing.EXPECTED)} == {
        ("/app/main.py", "another version"),
        ("Labels team", "it says the version"),
        ("Labels version", "it says the version"),
    }


def test_what_is_noise_anyway_is_not_expected() -> None:
    options = Options(expected=(Expectation("/var/**", "all of it"),))
    (platform,) = verify(
        [image([file("var/log/dpkg.log", "1")])], [image([file("var/log/dpkg.log", "2")])], options
    ).platforms
    assert [one.rule for one in platform.judged] == ["dpkg-logs"]
    assert list(platform.noise.values()) == [1]


def test_paths_of_both_file_systems_are_counted_once() -> None:
    (platform,) = verify([image([file("a"), file("b")])], [image([file("a"), folder("c"), file("c/d")])]).platforms
    assert platform.paths == len({"/", "/a", "/b", "/c", "/c/d"})


def test_layers_that_are_all_the_same_are_not_read() -> None:
    (left,) = platforms("linux/amd64")
    closed = replace(left, layers=tuple(replace(layer, open=lambda: 1 / 0) for layer in left.layers))
    (platform,) = verify([left], [closed]).platforms
    assert platform.equal
    assert platform.paths is None


def test_a_text_that_differs_is_shown_with_its_package() -> None:
    listed = [file("var/lib/dpkg/info/app.list", "/etc/app.conf\n")]
    (platform,) = verify([image([*TREE, *listed])], [image([TREE[0], OTHER[1], *listed])]).platforms
    (found,) = platform.judged
    assert found.owner == Owner("dpkg", "app")
    assert found.excerpt == ("@@ -1,2 +1,2 @@", " a", "-b", "+c")


def test_differences_of_one_place_stand_together_by_path() -> None:
    left, right = [file("b"), file("a", "1")], [file("b", mode=0o600), file("a", "2", mode=0o600)]
    (platform,) = verify([image(left)], [image(right)]).platforms
    assert [(one.difference.where, one.difference.facet) for one in platform.judged] == [
        ("/a", Facet.CONTENT),
        ("/a", Facet.MODE),
        ("/b", Facet.MODE),
    ]


def test_both_sides_of_a_difference_are_told() -> None:
    left = [file("a", "1", owner=(1, 2), xattrs=(("user.a", "1"), ("user.b", "2")))]
    right = [file("a", "22", owner=(3, 2), xattrs=(("user.a", "1"),))]
    (platform,) = verify([image(left)], [image(right)]).platforms
    found = {one.difference.facet: one.difference for one in platform.judged}
    assert found[Facet.OWNER] == Difference("/a", Facet.OWNER, "1:2", "3:2")
    assert found[Facet.XATTRS] == Difference("/a", Facet.XATTRS, "user.b=0x32", None)
    assert found[Facet.CONTENT].left.startswith("sha256:6b86b273ff34fce1")  # type: ignore[union-attr]
    assert found[Facet.CONTENT].right.endswith(" (2 B)")  # type: ignore[union-attr]
