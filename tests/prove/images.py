"""Images made in memory, for tests of what compares them."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from layerwise.oci.image import Blob, Image


@dataclass(frozen=True)
class Entry:
    """One entry of a layer's tar."""

    name: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, str], ...] = ()
    mtime: float = 1_700_000_000
    user: str = ""

    def add_to(self, archive: tarfile.TarFile) -> None:
        """Write it."""
        info = tarfile.TarInfo(self.name)
        info.type, info.mode, info.mtime, info.linkname = self.kind, self.mode, self.mtime, self.link
        info.uid, info.gid = self.owner
        info.uname = info.gname = self.user
        info.devmajor, info.devminor = self.device
        info.size = len(self.content)
        info.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in self.xattrs}
        archive.addfile(info, io.BytesIO(self.content))


def file(name: str, content: bytes | str = b"", **rest: object) -> Entry:
    return Entry(name, content.encode() if isinstance(content, str) else content, **rest)  # type: ignore[arg-type]


def folder(name: str, **rest: object) -> Entry:
    return Entry(name, kind=tarfile.DIRTYPE, **{"mode": 0o755} | rest)  # type: ignore[arg-type]


def symlink(name: str, target: str, **rest: object) -> Entry:
    return Entry(name, kind=tarfile.SYMTYPE, link=target, **{"mode": 0o777} | rest)  # type: ignore[arg-type]


def hard_link(name: str, target: str, **rest: object) -> Entry:
    return Entry(name, kind=tarfile.LNKTYPE, link=target, **rest)  # type: ignore[arg-type]


def character(name: str, major: int, minor: int, **rest: object) -> Entry:
    return Entry(name, kind=tarfile.CHRTYPE, device=(major, minor), **rest)  # type: ignore[arg-type]


def block(name: str, major: int, minor: int, **rest: object) -> Entry:
    return Entry(name, kind=tarfile.BLKTYPE, device=(major, minor), **rest)  # type: ignore[arg-type]


def fifo(name: str, **rest: object) -> Entry:
    return Entry(name, kind=tarfile.FIFOTYPE, **rest)  # type: ignore[arg-type]


def gone(path: str) -> Entry:
    """A whiteout."""
    above, slash, name = path.rpartition("/")
    return Entry(f"{above}{slash}.wh.{name}", mode=0)


def opaque(path: str) -> Entry:
    """An opaque whiteout."""
    return Entry(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq", mode=0)


def tar(entries: Iterable[Entry], layout: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=layout) as archive:
        for entry in entries:
            entry.add_to(archive)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2026-01-01T00:00:00Z",
    "config": {
        "Env": ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"],
        "Entrypoint": ["/init"],
        "Cmd": ["serve"],
        "WorkingDir": "/app",
        "User": "1000",
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/data": {}},
        "Labels": {"team": "video"},
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 30_000_000_000},
        "StopSignal": "SIGTERM",
        "Shell": ["/bin/bash", "-c"],
        "OnBuild": ["RUN true"],
    },
    "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "RUN x"}],
    "rootfs": {"type": "layers", "diff_ids": ["sha256:00"]},
}


def blob(stored: bytes) -> Blob:
    return Blob(
        digest=f"sha256:{hashlib.sha256(stored).hexdigest()}", size=len(stored), open=lambda: io.BytesIO(stored)
    )


def image(
    *layers: Iterable[Entry] | bytes,
    config: object = CONFIG,
    stored: Callable[[bytes], bytes] = gzipped,
    platform: str = "linux/amd64",
    reference: str = "shop:1",
) -> Image:
    """An image whose layers are entries, or a tar as bytes."""
    tars = (layer if isinstance(layer, bytes) else tar(layer) for layer in layers)
    return Image(
        platform=platform,
        reference=reference,
        digest="",
        config=json.dumps(config).encode(),
        layers=tuple(blob(stored(one)) for one in tars),
    )
