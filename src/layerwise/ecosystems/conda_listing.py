"""What environment files, lists of packages and explicit locks of conda ask for."""

import posixpath
from dataclasses import dataclass, field

import yaml

from layerwise.ecosystems import requirements
from layerwise.ecosystems.effects import Files
from layerwise.ecosystems.requirements import Requirements


@dataclass(frozen=True, slots=True)
class Listing:
    """What environment files ask for: conda packages, and what their ``pip:`` part means."""

    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    pip: Requirements = field(default_factory=Requirements)
    reasons: tuple[str, ...] = ()
    locked: bool = False

    def __or__(self, other: "Listing") -> "Listing":
        return Listing(
            (*self.files, *other.files),
            (*self.names, *other.names),
            self.pip | other.pip,
            (*self.reasons, *other.reasons),
            self.locked or other.locked,
        )


def package_name(spec: str) -> str:
    """Return the name in ``channel::name=version`` or ``name>=1``, lower case."""
    name = spec.rpartition("::")[2].strip()
    for index, character in enumerate(name):
        if character in "=<>!~[ ":
            return name[:index].lower()
    return name.lower()


def read_listing(path: str, files: Files) -> Listing:
    """Read an environment file, a list of packages or an explicit lock; one that cannot be read is a reason."""
    text = files.read(path)
    if text is None:
        return Listing((path,), reasons=(f"{path} could not be read before the build",))
    if path.endswith((".yml", ".yaml")):
        return _environment_file(path, text, files)
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    names = [line for line in lines if line and not line.startswith("@")]
    if "@EXPLICIT" in lines:
        hashed = all("#" in line for line in text.splitlines() if "://" in line)
        return Listing(
            (path,),
            tuple(posixpath.basename(one).rpartition("-")[0].rpartition("-")[0].lower() for one in names),
            locked=hashed,
        )
    return Listing((path,), tuple(package_name(one) for one in names))


def _environment_file(path: str, text: str, files: Files) -> Listing:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        return Listing((path,), reasons=(f"{path} is not understood",))
    if "package" in data and "dependencies" not in data:  # conda-lock's own format
        entries = [one for one in data["package"] or [] if isinstance(one, dict)]
        return Listing((path,), tuple(str(one.get("name", "")).lower() for one in entries), locked=True)
    names: list[str] = []
    pip = Requirements()
    for one in data.get("dependencies") or ():
        if isinstance(one, str):
            names.append(package_name(one))
        elif isinstance(one, dict):
            pip |= _pip_part(one.get("pip"), path, files)
    return Listing((path,), tuple(names), pip)


def _pip_part(lines: object, path: str, files: Files) -> Requirements:
    """Conda writes the ``pip:`` part to a requirements file beside the environment file and runs pip there."""
    if not isinstance(lines, list):
        return Requirements()
    found = Requirements()
    for line in lines:
        found |= requirements.read_line(str(line), path, files)
    return found
