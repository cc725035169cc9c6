"""The priors of ``priors.toml`` as values."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Prior:
    """What one class of work costs where nobody measured it.

    Attributes:
        base_s: Seconds for doing it at all.
        package_s: Seconds for each package named.
        base_bytes: Bytes it adds to the layer, uncompressed.
        package_bytes: Bytes for each package named.
        emulation: Factor where the platform is emulated.
        warm: Share of the seconds that stays where cache mounts hold all it would download.
        source: Where the figures come from.
    """

    source: str
    base_s: float = 0.0
    package_s: float = 0.0
    base_bytes: int = 0
    package_bytes: int = 0
    emulation: float = 1.0
    warm: float = 1.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Bytes a second of what happens around steps; files a second where the name says so.

    Attributes:
        context: Of the build context sent to the builder.
        copy: Of what a COPY copies.
        compress: Of a layer as stored that is exported: what comes out of the compression.
        unpack: Of a layer as stored that is unpacked into the local store.
        push: Of a layer as stored.
        cache_export: Of a layer as stored.
        pull: Of a layer as stored.
        compressed_share: Bytes of a layer as stored over the bytes of its files.
        walk_files: Of the context's files that the client only looks at.
        compare_files: Of those that the builder compares with what it has.
        send_files: Of those that it does not have.
        source: Where the figures come from.
    """

    context: int
    copy: int
    compress: int
    unpack: int
    push: int
    cache_export: int
    pull: int
    compressed_share: float
    walk_files: int
    compare_files: int
    send_files: int
    source: str

    def learned(self, measured: Mapping[str, int]) -> "Rates":
        """Return these rates with those that were measured in their place."""
        figures = {**asdict(self), **measured}
        return Rates(**figures)


@dataclass(frozen=True, slots=True)
class Zstd:
    """How many times as fast as gzip BuildKit compresses to zstd; ``source`` says where the figure comes from."""

    faster: float
    source: str


@dataclass(frozen=True, slots=True)
class CommitShares:
    """Shares of commits by what they touch; they add up to 1."""

    nothing: float
    source_only: float
    manifest: float
    dockerfile: float
    source: str


@dataclass(frozen=True, slots=True)
class Priors:
    """Everything in ``priors.toml``.

    Attributes:
        work: By kind.
        run_overhead_s: What each RUN costs beside its commands.
        fixed_s: Seconds of a build in which nothing runs.
        rates: Of what happens around steps.
        zstd: Compression to zstd.
        commits: The typical mix.
    """

    work: dict[str, Prior]
    run_overhead_s: float
    fixed_s: float
    rates: Rates
    zstd: Zstd
    commits: CommitShares


@cache
def priors() -> Priors:
    """Return the priors that ship with layerwise."""
    table = tomllib.loads(files("layerwise.model").joinpath("priors.toml").read_text("utf-8"))
    return Priors(
        work={kind: Prior(**entry) for kind, entry in table["work"].items()},
        run_overhead_s=table["step"]["run_overhead_s"],
        fixed_s=table["build"]["fixed_s"],
        rates=Rates(**table["rates"]),
        zstd=Zstd(**table["zstd"]),
        commits=CommitShares(**table["commits"]),
    )
