"""Builds a Dockerfile as it stands and rewritten, and compares the images."""

import pathlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from layerwise.analysis import Analysis
from layerwise.builder.buildx import build_archive
from layerwise.errors import BuildFailed
from layerwise.graph.ignore import IGNORE_FILE
from layerwise.graph.request import Request
from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.prove.verdict import Standing, Verdict
from layerwise.prove.verify import verify

_FRESH = "--no-cache"
_LAST_LINES = 4


@dataclass(frozen=True, slots=True)
class Subject:
    """What is built.

    Attributes:
        dockerfile: As it stands.
        context: The build context.
        options: Of ``docker buildx build``.
    """

    dockerfile: pathlib.Path
    context: pathlib.Path
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two builds have shown.

    Attributes:
        equal: Whether the images are the same.
        why: How they differ, or why the rewritten file does not build.
        images: The digests of both, those of platforms joined by commas.
        verdict: All that was compared, None where the rewritten file does not build.
    """

    equal: bool
    why: str
    images: tuple[str, str]
    verdict: Verdict | None = None


@dataclass(slots=True)
class Trials:
    """Builds in one directory; the file as it stands is built once with the cache, and once without.

    Attributes:
        subject: What is built.
        directory: Where archives and rewritten files are put.
        say: Tells the user what is being built.
        arguments: Values for build arguments, taken back where the file as it stands does not build with them.
    """

    subject: Subject
    directory: pathlib.Path
    say: Callable[[str], object]
    arguments: tuple[str, ...] = ()
    _originals: dict[bool, tuple[Image, ...]] = field(default_factory=dict)
    _number: int = 0

    def compared(self, rewritten: Analysis, what: str, *, fresh: bool = False) -> Comparison:
        """Build the file as it stands, if that has not been done, and a rewritten one.

        Args:
            rewritten: The other text.
            what: How the user is told of it.
            fresh: Take nothing from the build cache: what it holds may be older than the versions of today.

        Raises:
            BuildFailed: The file as it stands does not build.
            BuilderError: There is no docker here.
        """
        left = self._original(fresh=fresh)
        self.say(f"building {self.subject.dockerfile} {what}{_cache(fresh=fresh)}")
        last: deque[bytes] = deque(maxlen=_LAST_LINES)
        archive = self._archive()
        try:
            right = self._built(self._written(rewritten), archive, last.append, fresh=fresh)
        except BuildFailed:
            said = b"".join(last).decode(errors="replace").split("\n")
            why = f"the rewritten file does not build: {' / '.join(line.strip() for line in said if line.strip())}"
            return Comparison(equal=False, why=why, images=(digests(left), ""))
        verdict = verify(left, right)
        archive.unlink()  # a plan may be built many times, and images are large
        return Comparison(verdict.equal, difference(verdict), (digests(left), digests(right)), verdict)

    def _original(self, *, fresh: bool) -> tuple[Image, ...]:
        if fresh not in self._originals:
            self.say(f"building {self.subject.dockerfile} as it stands{_cache(fresh=fresh)}")
            try:
                self._originals[fresh] = self._stands(fresh=fresh)
            except BuildFailed:
                if not self.arguments or self._originals:  # it did build with them
                    raise
                self.arguments = ()
                self.say(f"building {self.subject.dockerfile} as it stands, without values for build arguments")
                self._originals[fresh] = self._stands(fresh=fresh)
        return self._originals[fresh]

    def _stands(self, *, fresh: bool) -> tuple[Image, ...]:
        return self._built(self.subject.dockerfile, self._archive(), lambda _: None, fresh=fresh)

    def _archive(self) -> pathlib.Path:
        self._number += 1
        return self.directory / f"{self._number}.tar"

    def _built(
        self, dockerfile: pathlib.Path, archive: pathlib.Path, take: Callable[[bytes], object], *, fresh: bool
    ) -> tuple[Image, ...]:
        options = (*self.subject.options, *self.arguments, *((_FRESH,) if fresh else ()))
        build_archive(dockerfile, self.subject.context, options, archive, take)
        return read_images(f"oci-archive:{archive}")

    def _written(self, rewritten: Analysis) -> pathlib.Path:
        """Write a rewritten file, with the ignore file that counts for it beside it."""
        place = self.directory / str(self._number)
        place.mkdir()
        dockerfile = place / self.subject.dockerfile.name
        dockerfile.write_bytes(rewritten.dockerfile.text.encode("utf-8", "surrogateescape"))
        ignore = self._ignore_file()
        if rewritten.ignore is not None:
            beside = dockerfile.with_name(f"{dockerfile.name}{IGNORE_FILE}")
            beside.write_bytes(rewritten.ignore.encode("utf-8", "surrogateescape"))
        elif ignore.is_file():
            dockerfile.with_name(ignore.name).write_bytes(ignore.read_bytes())
        return dockerfile

    def _ignore_file(self) -> pathlib.Path:
        return self.subject.dockerfile.with_name(f"{self.subject.dockerfile.name}{IGNORE_FILE}")


def difference(verdict: Verdict) -> str:
    """Return in one sentence how two images differ, "" where they do not."""
    real = [(one.platform, judged) for one in verdict.platforms for judged in one.standing(Standing.REAL)]
    if not real:
        return ""
    platform, first = real[0]
    more = f", and {len(real) - 1} more differences" if len(real) > 1 else ""
    return f"{first.difference.where} differs in {first.difference.facet.value} on {platform}{more}"


def build_options(request: Request, contexts: Mapping[str, str]) -> Iterator[str]:
    """Yield the options of ``docker buildx build`` for what a request asks for; ``contexts`` are the named ones."""
    yield f"--platform={','.join(request.platforms)}"
    if request.target:
        yield f"--target={request.target}"
    if request.network != "default":
        yield f"--network={request.network}"
    for name, value in request.build_args.items():
        yield f"--build-arg={name}" if value is None else f"--build-arg={name}={value}"
    for name, place in contexts.items():
        yield f"--build-context={name}={place}"


def digests(images: tuple[Image, ...]) -> str:
    """Return the digests of an image's platforms, joined by commas."""
    return ",".join(image.digest for image in images)


def _cache(*, fresh: bool) -> str:
    return ", without the build cache" if fresh else ""
