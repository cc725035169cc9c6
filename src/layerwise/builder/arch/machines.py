"""Machines of ELF files, by the names that platforms have for them."""

from layerwise.builder.arch.elf import Elf
from layerwise.graph.platforms import normalised

_NAMES = {
    (3, 32, False): "386",
    (8, 32, False): "mipsle",
    (8, 32, True): "mips",
    (8, 64, False): "mips64le",
    (8, 64, True): "mips64",
    (21, 64, False): "ppc64le",
    (21, 64, True): "ppc64",
    (22, 64, True): "s390x",
    (40, 32, False): "arm",
    (62, 64, False): "amd64",
    (183, 64, False): "arm64",
    (243, 64, False): "riscv64",
    (258, 64, False): "loong64",
}
"""By number of the machine, width and whether it is big-endian (elf.h; GOARCH in Go's go/build)."""

_TRIPLETS = {
    "386": ("i386-linux-gnu",),
    "amd64": ("x86_64-linux-gnu",),
    "arm": ("arm-linux-gnueabihf", "arm-linux-gnueabi"),
    "arm64": ("aarch64-linux-gnu",),
    "loong64": ("loongarch64-linux-gnu",),
    "mips64le": ("mips64el-linux-gnuabi64",),
    "ppc64le": ("powerpc64le-linux-gnu",),
    "riscv64": ("riscv64-linux-gnu",),
    "s390x": ("s390x-linux-gnu",),
}
"""What Debian calls the directories of libraries (its wiki, Multiarch/Tuples)."""

_ALSO = {"amd64": frozenset({"386"})}
"""What an architecture's kernels run besides: of arm64 too few do that with arm to count on it."""


def machine_of(elf: Elf) -> str:
    """Return what platforms call the machine of a file."""
    known = _NAMES.get((elf.machine, elf.bits, elf.big_endian))
    return known or f"machine {elf.machine} of {elf.bits} bits"


def runs(platform: str) -> frozenset[str] | None:
    """Return the machines whose programs run on a platform, None where layerwise does not know its files."""
    os, _, rest = normalised(platform).partition("/")
    name = rest.partition("/")[0]
    if os != "linux" or name not in _NAMES.values():
        return None
    return frozenset({name}) | _ALSO.get(name, frozenset())


def library_directories(elf: Elf) -> tuple[str, ...]:
    """Return where the dynamic loader of glibc looks at last, on Debian's and on others' layouts."""
    wide = ("/lib64", "/usr/lib64") if elf.bits == 64 else ("/lib32", "/usr/lib32")  # noqa: PLR2004 - bits
    multiarch = (f"{top}/{name}" for name in _TRIPLETS.get(machine_of(elf), ()) for top in ("/lib", "/usr/lib"))
    return (*multiarch, *wide, "/lib", "/usr/lib")
