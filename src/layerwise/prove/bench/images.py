"""Builds the images of a file and of its rewrites from one part of the cache, and compares them."""

from dataclasses import dataclass, field
from pathlib import Path

from layerwise.analysis import Analysis
from layerwise.errors import BuildFailed
from layerwise.oci.image import Image
from layerwise.oci.places import read_images
from layerwise.prove.bench.result import Side
from layerwise.prove.bench.session import Session
from layerwise.prove.trials import Comparison, difference, digests
from layerwise.prove.verify import verify


@dataclass
class Images:
    """Builds for comparisons: steps that no edit touches are the very same, and all are of one age.

    Attributes:
        session: Builds.
        stands: The file as it stands.
        directory: Where archives are put; they are as large as the images, and only that of ``stands`` stays.
        scope: The part of the cache, in which nothing is at first.
        options: Values for build arguments, taken back where the file as it stands does not build with them.
        builds: How many there were.
    """

    session: Session
    stands: Analysis
    directory: Path
    scope: str
    options: tuple[str, ...] = ()
    builds: int = 0
    _original: tuple[Image, ...] | None = field(default=None, init=False)

    def original(self) -> tuple[Image, ...]:
        """Return the image of the file as it stands, built when it is first asked for.

        Raises:
            BuildFailed: It does not build.
            BuilderError: There is no docker here.
        """
        if self._original is None:
            try:
                self._original = self._built(Side.BEFORE, self.stands, self._archive(), "as it stands")
            except BuildFailed:
                if not self.options:
                    raise
                self.options = ()
                what = "as it stands, without values for build arguments"
                self._original = self._built(Side.BEFORE, self.stands, self._archive(), what)
        return self._original

    def compared(self, rewritten: Analysis, what: str) -> Comparison:
        """Build a rewritten file and compare its image with that of the file as it stands.

        Args:
            rewritten: The other text.
            what: How the user is told of it.

        Raises:
            BuildFailed: The file as it stands does not build.
            BuilderError: There is no docker here.
        """
        left, archive = self.original(), self._archive()
        try:
            right = self._built(Side.AFTER, rewritten, archive, what)
            verdict = verify(left, right)
        except BuildFailed as error:
            return Comparison(equal=False, why=_on_one_line(error), images=(digests(left), ""))
        finally:
            archive.unlink(missing_ok=True)
        return Comparison(verdict.equal, difference(verdict), (digests(left), digests(right)), verdict)

    def _built(self, side: Side, analysis: Analysis, archive: Path, what: str) -> tuple[Image, ...]:
        named = f"{self.session.subject.named} {what}"
        self.session.say(f"building {named}")
        self.session.image(side, analysis, self.scope, archive, named, self.options)
        return read_images(f"oci-archive:{archive}")

    def _archive(self) -> Path:
        self.builds += 1
        return self.directory / f"{self.scope}-{self.builds}.tar"


def _on_one_line(error: BuildFailed) -> str:
    first, *last = (line.strip() for line in str(error).splitlines())
    return f"the rewritten file does not build: {' / '.join(last) or first}"
