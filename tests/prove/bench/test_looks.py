"""When the file as it stands is built once more, and what that excuses; the builds are a function's here."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.analyses import analysis_of
from tests.oci.layouts import File, image, layout, write_tar

from layerwise.analysis import Analysis
from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.passes import late_args
from layerwise.plan import Options
from layerwise.prove.bench.looks import Looks, excused
from layerwise.prove.bench.proved import Fault
from layerwise.prove.bench.variants import Key, Variants
from layerwise.prove.difference import Difference, Facet
from layerwise.prove.trials import Comparison, difference
from layerwise.prove.verdict import Judged, PlatformVerdict, Standing, Verdict

TEXT = "FROM debian\nARG GIT_COMMIT\nRUN apt-get update && apt-get install -y ffmpeg\nRUN ./configure\n"


def verdict(*where: str) -> Verdict:
    judged = tuple(Judged(difference=Difference(at, Facet.CONTENT, "a", "b"), standing=Standing.REAL) for at in where)
    return Verdict(left="a", right="b", platforms=(PlatformVerdict(platform="linux/amd64", judged=judged),))


@dataclass
class Fake:
    """Builds: how a text differs, None where it does not build; and the image of the file as it stands."""

    differs: Callable[[int], Verdict | None]
    image: Image
    builds: int = 0
    asked: tuple[str, ...] = ()

    def compared(self, rewritten: Analysis, what: str) -> Comparison:
        self.builds += 1
        self.asked = (*self.asked, what)
        found = self.differs(self.builds)
        if found is None:
            return Comparison(equal=False, why="the rewritten file does not build: no", images=("a", ""))
        return Comparison(found.equal, difference(found), ("a", "b"), found)

    def original(self) -> tuple[Image, ...]:
        self.builds += 1
        return (self.image,)


def looks(tmp_path, *found: Verdict | None, control: bytes = b"one") -> tuple[Looks, tuple[Key, ...]]:
    variants = Variants(analysis_of(TEXT), Options(), (late_args,))
    images = []
    for content in (b"one", control):
        archive = tmp_path / f"{len(images)}.tar"
        write_tar(archive, layout(image([File("srv/built", content)])))
        images.append(read_images(f"oci-archive:{archive}")[0])
    mine, again = Fake(lambda n: found[n - 1], images[0]), Fake(lambda n: None, images[1])
    return Looks(variants, mine, again), variants.keys(frozenset())  # type: ignore[arg-type]


def test_the_same_image_is_built_once_and_nobody_looks_further(tmp_path):
    judge, keys = looks(tmp_path, verdict())
    assert judge.wrong_with(keys) is None
    assert judge.wrong_with(keys) is None
    assert (judge.builds, judge.unsteady) == (1, "")


def test_another_image_is_an_edit_s_doing_where_two_builds_of_the_file_are_the_same(tmp_path):
    judge, keys = looks(tmp_path, verdict("/srv/x"))
    found = judge.wrong_with(keys)
    assert found is not None
    assert (found.fault, found.why) == (Fault.IMAGE, "/srv/x differs in content on linux/amd64")
    assert (judge.unsteady, judge.again.builds) == ("", 1)


def test_what_differs_between_two_builds_of_the_file_is_excused(tmp_path):
    judge, keys = looks(tmp_path, verdict("/srv/built"), control=b"two")
    assert judge.wrong_with(keys) is None
    assert judge.unsteady == "/srv/built differs in content on linux/amd64"
    found = judge.compared(keys)
    assert found.equal
    assert found.verdict is not None
    assert [one.reason for one in found.verdict.platforms[0].standing(Standing.EXPECTED)] == [
        "two builds of the file as it stands differ here too"
    ]


def test_what_differs_besides_is_not_excused(tmp_path):
    judge, keys = looks(tmp_path, verdict("/srv/built", "/srv/x"), control=b"two")
    found = judge.wrong_with(keys)
    assert found is not None
    assert found.why == "/srv/x differs in content on linux/amd64"


def test_a_file_that_does_not_build_is_built_once_more(tmp_path):
    judge, keys = looks(tmp_path, None, verdict())
    assert judge.wrong_with(keys) is None
    assert judge.images.asked == ("with 1 edit", "with 1 edit, once more")


def test_a_file_that_does_not_build_twice_is_broken_and_no_control_is_built(tmp_path):
    judge, keys = looks(tmp_path, None, None)
    found = judge.wrong_with(keys)
    assert found is not None
    assert (found.fault, found.why) == (Fault.BROKEN, "the rewritten file does not build: no")
    assert judge.again.builds == 0


def test_only_the_same_facet_of_the_same_place_on_the_same_platform_is_excused():
    here = verdict("/srv/built")
    (platform,) = here.platforms
    (judged,) = platform.judged
    mode = Judged(difference=Difference("/srv/built", Facet.MODE, "a", "b"), standing=Standing.REAL)
    other = PlatformVerdict(platform="linux/arm64", judged=(judged,))
    both = Verdict(
        left="a", right="b", platforms=(PlatformVerdict(platform="linux/amd64", judged=(judged, mode)), other)
    )
    found = excused(both, here)
    assert [[one.standing for one in each.judged] for each in found.platforms] == [
        [Standing.EXPECTED, Standing.REAL],
        [Standing.REAL],
    ]
