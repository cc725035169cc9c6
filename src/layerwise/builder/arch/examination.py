"""Judges the programs of one image."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from layerwise.builder.arch.files import Files, Found
from layerwise.builder.arch.layers import Scanned
from layerwise.builder.arch.libraries import Loader
from layerwise.builder.arch.machines import machine_of, runs
from layerwise.builder.arch.origin import History, brought_by
from layerwise.builder.arch.scan import Entry, Form
from layerwise.builder.arch.started import Starts, Used
from layerwise.errors import ImageError
from layerwise.oci.documents import decode
from layerwise.oci.image import Image

_SHOWN = 3  # files of a warning
_ELSEWHERE = (Form.WINDOWS, Form.MACOS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found of the programs in an image; all sentences are without a subject.

    Attributes:
        programs: Files without which it does not start, that were looked at.
        refusals: Those that don't run on its platform, with the step that brought each.
        warnings: What is odd and does not keep it from starting, as far as can be told.
        notes: What could not be told.
    """

    programs: int = 0
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Settings(msgspec.Struct, rename="pascal"):
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    env: list[str] | None = None
    working_dir: str | None = ""


class _Config(msgspec.Struct):
    config: _Settings | None = None
    history: list[History] | None = None


@dataclass(frozen=True, slots=True)
class _Judge:
    platform: str
    machines: frozenset[str]
    history: list[History]
    layers: int

    def is_foreign(self, used: Used) -> bool:
        elf = used.found.entry.elf
        if elf is None:
            return used.found.entry.form in _ELSEWHERE
        return machine_of(elf) not in ({used.machine} if used.machine else self.machines)

    def refused(self, used: Used) -> str:
        elf = used.found.entry.elf
        kind = f"is built for {machine_of(elf)}" if elf else f"is a {used.found.entry.form.value}"
        return (
            f"{used.found.path}, {used.role}, {kind} and does not run on {self.platform}; "
            f"{self.origin(used.found)} brought it: build or fetch it there for {self.platform}"
        )

    def others(self, files: Files, used: Sequence[Used]) -> Iterator[str]:
        known = {one.found.path for one in used}
        foreign: defaultdict[str, list[Found]] = defaultdict(list)
        for found in files.all():
            elf = found.entry.elf
            if elf and elf.linked and found.path not in known and (name := machine_of(elf)) not in self.machines:
                foreign[name].append(found)
        for name, files_of in sorted(foreign.items()):
            yield self._others(name, sorted(files_of, key=lambda one: one.path))

    def _others(self, name: str, found: Sequence[Found]) -> str:
        shown = ", ".join(each.path for each in found[:_SHOWN])
        if len(found) == 1:
            kind, which = "1 other file is a program or library", "it is"
        else:
            kind, which = f"{len(found)} other files are programs or libraries", "the first is"
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return f"{kind} for {name}: {shown}{more}; {which} from {self.origin(found[0])}"

    def origin(self, found: Found) -> str:
        return brought_by(self.history, found.layer, self.layers)


def examine(image: Image, platform: str, scanned: Scanned) -> Examination:
    """Return what the programs of an image are made for.

    Args:
        image: The image.
        platform: That it is to run on, as it was asked for.
        scanned: Its layers.

    Raises:
        DocumentError: Its config is broken.
    """
    config = decode(image.config, _Config)
    machines = runs(platform)
    if machines is None:
        return Examination(notes=(f"its programs are not looked at: layerwise does not know those of {platform}",))
    layers: list[tuple[Entry, ...]] = []
    for index, layer in enumerate(image.layers):
        entries = scanned[layer.digest]
        if isinstance(entries, str):
            return Examination(notes=(f"its programs can't be looked at: layer {index + 1}: {entries}",))
        layers.append(entries)
    try:
        files = Files(layers)
    except ImageError as error:
        return Examination(notes=(f"its programs can't be looked at: {error}",))
    judge = _Judge(platform, machines, config.history or [], len(layers))
    return _judged(files, config.config or _Settings(), judge)


def _judged(files: Files, settings: _Settings, judge: _Judge) -> Examination:
    variables = dict(text.partition("=")[::2] for text in settings.env or ())
    starts, loader = Starts(files, variables), Loader(files, variables)
    directory = settings.working_dir or "/"
    programs = list(starts.of(settings.entrypoint or (), settings.cmd or (), directory))
    # What is foreign itself loads foreign libraries: one sentence is enough.
    natives = [used.found for used in programs if not judge.is_foreign(used)]
    used = [*programs, *(each for program in natives for each in loader.loaded(program))]
    used = list({each.found.path: each for each in reversed(used)}.values())[::-1]
    return Examination(
        programs=len(used),
        refusals=tuple(judge.refused(each) for each in used if judge.is_foreign(each)),
        warnings=tuple(judge.others(files, used)),
        notes=tuple(dict.fromkeys((*starts.notes, *loader.notes))),
    )
