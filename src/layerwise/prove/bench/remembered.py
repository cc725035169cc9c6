"""What later plans are to know of an edit that was built."""

from collections.abc import Iterable, Iterator

from layerwise.plan import Chosen
from layerwise.prove.gate import Stamp
from layerwise.records import Proof


def proofs(
    chosen: Chosen,
    digests: Iterable[str],
    stamp: Stamp,
    *,
    images: tuple[str, str],
    against: str = "",
    slower: bool = False,
) -> Iterator[Proof]:
    """Yield a proof for each digest under which a plan may meet an edit.

    Args:
        chosen: The edit.
        digests: Of the rewrite, or of its place.
        stamp: The clock, and the version of layerwise.
        images: The digests of both images, "" where none was built.
        against: What speaks against it, "" for nothing.
        slower: Whether that is the seconds alone.
    """
    for digest in sorted(digests):
        yield Proof(
            digest=digest,
            pass_name=chosen.pass_name,
            equal=slower or not against,
            at=stamp.clock(),
            why=against,
            images=images,
            version=stamp.version,
            slower=slower,
        )
