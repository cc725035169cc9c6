"""What build steps must take over from this machine to reach the package registries that it reaches.

Nothing of it is stored in the repository: it is read when base images are made and copied into them. Addresses that
carry a user name or password are left out.
"""

import configparser
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_LOCAL_CAS = Path("/usr/local/share/ca-certificates")
_CA_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_APT_KEYS = (
    "Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy",
)  # fmt: skip
_PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")
_NPM_KEYS = ("registry", "proxy", "https-proxy", "noproxy", "strict-ssl", "maxsockets", "fetch-timeout")


def variables() -> dict[str, str]:
    """Environment of the base images: where the bundle of certificate authorities lies."""
    return dict.fromkeys(_CA_VARIABLES, str(CA_BUNDLE)) if CA_BUNDLE.exists() else {}


def files() -> dict[str, bytes]:
    """Files of the base images, by their absolute path."""
    taken = {str(path): path.read_bytes() for path in (CA_BUNDLE, *sorted(_LOCAL_CAS.glob("*.crt"))) if path.exists()}
    written = {
        "/etc/apt/apt.conf.d/90machine": apt_settings(),
        "/etc/pip.conf": _pip_settings(),
        "/etc/npmrc": (npm := _npm_settings()),
        "/usr/local/etc/npmrc": npm,
    }
    return taken | {path: text.encode() for path, text in written.items() if text}


def apt_settings() -> str:
    """This machine's apt settings that decide whether a mirror is reached and believed, one a line."""
    try:
        dump = subprocess.run(["apt-config", "dump", "--no-empty"], check=False, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""
    return "".join(f"{line}\n" for line in dump.splitlines() if line.split(" ")[0] in _APT_KEYS and "@" not in line)


def _pip_settings() -> str:
    # later files win, then the environment: pip's own order
    parser = configparser.RawConfigParser(strict=False)
    parser.read([*_xdg("pip/pip.conf"), "/etc/pip.conf", *_home(".pip/pip.conf", ".config/pip/pip.conf")])
    found = dict(parser.items("global")) if parser.has_section("global") else {}
    found |= {name[4:].lower().replace("_", "-"): text for name, text in os.environ.items() if name.startswith("PIP_")}
    return _ini("[global]\n", " = ", _usable(_PIP_KEYS, found.items()))


def _npm_settings() -> str:
    found: dict[str, str] = {}
    for path in (Path("/etc/npmrc"), Path("/usr/etc/npmrc"), Path("/usr/local/etc/npmrc"), *_home(".npmrc")):
        lines = path.read_text().splitlines() if path.exists() else []
        found |= {key.strip(): text.strip().strip('"') for key, sign, text in (s.partition("=") for s in lines) if sign}
    prefix = "npm_config_"
    for name, text in os.environ.items():
        if name.lower().startswith(prefix):
            found[name[len(prefix) :].lower().replace("_", "-")] = text
    return _ini("", "=", _usable(_NPM_KEYS, found.items()))


def _usable(keys: tuple[str, ...], found: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for key, text in found:
        words = [word for word in text.split() if _reachable_from_inside(word)]
        if key in keys and words:
            yield key, " ".join(words)


def _reachable_from_inside(word: str) -> bool:
    return not word.startswith(("/", "file:")) and "@" not in urlsplit(word).netloc


def _ini(heading: str, sign: str, settings: Iterator[tuple[str, str]]) -> str:
    lines = "".join(f"{key}{sign}{text}\n" for key, text in sorted(settings))
    return heading + lines if lines else ""


def _xdg(name: str) -> list[str]:
    return [f"{top}/{name}" for top in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]


def _home(*names: str) -> list[Path]:
    return [Path.home() / name for name in names]
