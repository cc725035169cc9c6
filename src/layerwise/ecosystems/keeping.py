"""How a command is written so that its downloads stay in its cache for the next time.

Sources: pip's cmdoptions.py (PIP_NO_CACHE_DIR counts with any value but the empty one), apt.conf(5), dnf.conf(5),
apk(8), uv's documentation on link modes, and ``docker-clean`` as debuerreotype writes it into Debian's images.
"""

from dataclasses import dataclass

from layerwise.ecosystems.parts import Part

DOCKER_CLEAN = "/etc/apt/apt.conf.d/docker-clean"
"""A setting of Debian's and Ubuntu's images that throws apt's downloads away after each installation."""

_WITH_KEEPCACHE = frozenset({"dnf", "dnf5", "yum"})


@dataclass(frozen=True, slots=True)
class Keeping:
    """What changes in the words of a command.

    Attributes:
        before: What comes before it, each with a blank behind it.
        replaced: Arguments as written, each with what stands in its place; "" takes it out.
        options: What comes directly behind its name.
        doubts: Why only a build can show that it does the same else.
    """

    before: str = ""
    replaced: tuple[tuple[str, str], ...] = ()
    options: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def keeping(part: Part) -> Keeping | str:
    """Return what changes in a command that downloads, or why its downloads can't be kept."""
    call = part.call
    assert call is not None, "asked of commands whose caches are known"
    manager = next((work.kind.partition(".")[0] for work in part.effects.work if "." in work.kind), "")
    before, replaced, options, doubts = "", dict[str, str](), list[str](), list[str]()
    for off in part.effects.uncached:
        if off == "PIP_NO_CACHE_DIR":
            before += "PIP_NO_CACHE_DIR= "
        elif off == "keepcache" and call.name in _WITH_KEEPCACHE:
            options.append("--setopt=keepcache=1")
        elif off.startswith("-"):
            replaced[off] = "--update-cache" if manager == "apk" else ""
        else:
            return f"{off} turns the cache of `{call.name}` off"
    if manager == "uv" and "UV_LINK_MODE" not in part.scope.environment and "--link-mode" not in str(call):
        before += "UV_LINK_MODE=copy "
    if manager == "apt" and call.name == "apt" and any(work.kind == "apt.install" for work in part.effects.work):
        options.append("-o APT::Keep-Downloaded-Packages=true")
    if manager in {"apk", "dnf"}:
        doubts.append(f"nobody has built yet what {call.name} leaves elsewhere when its cache is kept")
    return Keeping(before, tuple(replaced.items()), tuple(options), tuple(doubts))
