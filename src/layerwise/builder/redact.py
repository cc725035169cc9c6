"""Keeps secrets out of records: what looks like one is replaced before anything is written.

A secret is the value of an argument or variable whose name says so, wherever it occurs, and any text in the form of a
well-known token. Arguments keep an HMAC under the user's own key in the value's place, so that two builds can still be
compared.
"""

import hashlib
import hmac
import os
import pathlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

MASK = "***"
_SHORTEST = 6  # characters; shorter values occur everywhere by chance
_KEY_BYTES = 32

SECRET_NAME = re.compile(
    r"pass(?:word|wd|phrase)|secret|tokens?$|"
    r"(?:^|[_.\-])(?:pass|pwd|tokens?|api_?keys?|access_?keys?(?:_?id)?|private_?keys?|signing_?keys?|credentials?|auth|"
    r"authorization|cookie|dsn|database_url|connection_string|webhook)(?:$|[_.\-\d])",
    re.IGNORECASE,
)
"""Names whose values are taken to be secret, their words apart: ``auth_token`` for ``authToken``."""

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DIRECTORY = "PWD"  # the shell's own variable; `db_pwd` and `pwd` are passwords

_TOKENS = (
    r"gh[pousr]_[A-Za-z0-9]{20,}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{20,}",
    r"gl(?:pat|cbt|ptt|rt|dt)-[A-Za-z0-9_\-]{16,}",  # GitLab
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-[A-Za-z0-9_\-]{30,}",
    r"dckr_pat_[A-Za-z0-9_\-]{20,}",
    r"hf_[A-Za-z0-9]{30,}",
    r"sk-[A-Za-z0-9_\-]{20,}",
    r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
    r"xox[abeoprs]-[A-Za-z0-9\-]{10,}",  # Slack
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",  # Amazon
    r"AIza[A-Za-z0-9_\-]{30,}",  # Google
    r"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+",  # a JSON web token
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
)
_TOKEN = re.compile("|".join(_TOKENS))
_IN_URL = re.compile(r"(?<=://)(?:[^/\s:@]*:[^/\s]+|[^/\s:@]{20,})(?=@)")
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9+/=._~\-]{8,}")
_VALUE = r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"',;&|]+)"
_ASSIGNED = re.compile(rf"(?P<name>[A-Za-z_][\w.\-]*)(?P<between>=|:\s|[\"']:\s?){_VALUE}")
_FLAG = re.compile(rf"(?P<name>--[A-Za-z][\w\-]*)(?P<between>\s+)(?!-){_VALUE}")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces what looks secret.

    Attributes:
        key: The user's own, for HMACs.
        values: Secret values, to be masked wherever they occur.
        names: Further patterns of names, of the configuration.
    """

    key: bytes
    values: tuple[str, ...] = ()
    names: tuple[re.Pattern[str], ...] = ()

    def knowing(self, named: Iterable[tuple[str, str]]) -> "Redactor":
        """Return a redactor that also masks those of the values whose names say that they are secret."""
        secret = (value for name, value in named if self.is_secret(name))
        found = {form for value in secret for form in _forms(value) if len(form) >= _SHORTEST}
        return Redactor(self.key, tuple(sorted({*self.values, *found}, key=lambda one: (-len(one), one))), self.names)

    def is_secret(self, name: str) -> bool:
        """Whether a name says that its value is secret."""
        known = name != _DIRECTORY and SECRET_NAME.search(_WORDS.sub("_", name))
        return bool(known) or any(pattern.search(name) for pattern in self.names)

    def argument(self, name: str, value: str) -> str:
        """Return a value as it may be kept: an HMAC where the name or the value looks secret."""
        if self.is_secret(name) or self.text(value) != value:
            digest = hmac.new(self.key, f"{name}={value}".encode("utf-8", "surrogateescape"), hashlib.sha256)
            return f"hmac:{digest.hexdigest()[:16]}"
        return value

    def text(self, text: str) -> str:
        """Return a text with every secret masked."""
        for value in self.values:
            text = text.replace(value, MASK)
        text = _IN_URL.sub(MASK, _TOKEN.sub(MASK, text))
        text = _BEARER.sub(rf"\1\2{MASK}", text)
        return _FLAG.sub(self._assigned, _ASSIGNED.sub(self._assigned, text))

    def _assigned(self, found: re.Match[str]) -> str:
        if not self.is_secret(found["name"].lstrip("-")) or found["value"].lstrip("\"'").startswith("$"):
            return found[0]
        return f"{found['name']}{found['between']}{MASK}"


def _forms(value: str) -> Iterator[str]:
    """Yield how a value may be shown: as it is, on one line, quoted as Go does, and line by line in a log."""
    for part in (value, *value.split("\n")):
        bare = part.strip()
        yield bare
        yield " ".join(bare.split())
        yield bare.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n").replace("\t", r"\t")


def redactor(key: bytes, environment: Mapping[str, str], names: Iterable[str] = ()) -> Redactor:
    """Return the redactor of this user: it knows the secrets of his environment, which scripts expand into commands."""
    patterns = tuple(re.compile(name, re.IGNORECASE) for name in names)
    return Redactor(key, (), patterns).knowing(environment.items())


def user_key(directory: pathlib.Path) -> bytes:
    """Return the user's own key, made when it is first asked for; nobody else can read it.

    Raises:
        OSError: The directory can't be written.
    """
    path = directory / "key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = directory / f"key.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_bytes(_KEY_BYTES))
        os.link(made, path)  # the first one wins where two begin at once
    except FileExistsError:
        pass
    finally:
        made.unlink(missing_ok=True)
    return path.read_bytes()
