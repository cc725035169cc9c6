"""The instructions and flags that BuildKit knows (frontend dockerfile 1.26)."""

from collections.abc import Mapping
from enum import Enum


class Takes(Enum):
    """What a flag takes: nothing or a boolean, one text, or one text each time it is repeated."""

    BOOLEAN = "boolean"
    TEXT = "text"
    LIST = "list"


FLAGS: Mapping[str, Mapping[str, Takes]] = {
    "ADD": {
        "chown": Takes.TEXT,
        "chmod": Takes.TEXT,
        "link": Takes.BOOLEAN,
        "keep-git-dir": Takes.BOOLEAN,
        "checksum": Takes.TEXT,
        "unpack": Takes.BOOLEAN,
        "exclude": Takes.LIST,
    },
    "COPY": {
        "from": Takes.TEXT,
        "chown": Takes.TEXT,
        "chmod": Takes.TEXT,
        "link": Takes.BOOLEAN,
        "parents": Takes.BOOLEAN,
        "exclude": Takes.LIST,
    },
    "FROM": {"platform": Takes.TEXT},
    "HEALTHCHECK": {
        "interval": Takes.TEXT,
        "timeout": Takes.TEXT,
        "start-period": Takes.TEXT,
        "start-interval": Takes.TEXT,
        "retries": Takes.TEXT,
    },
    "RUN": {
        "mount": Takes.LIST,
        "network": Takes.TEXT,
        "security": Takes.TEXT,
        "device": Takes.LIST,
    },
}

WITHOUT_FLAGS = frozenset(
    {
        "ARG",
        "CMD",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)
"""The instructions that take no flag at all."""

FLAGS_UNREAD = frozenset({"ARG", "STOPSIGNAL"})
"""The instructions whose flags BuildKit drops unread (``parseArg``, ``parseStopSignal`` in instructions/parse.go)."""

KEYWORDS = WITHOUT_FLAGS.union(FLAGS)
"""Every known instruction."""

_AS_WRITTEN = {form: keyword for keyword in KEYWORDS for form in (keyword, keyword.lower())}
_NONE: Mapping[str, Takes] = {}


def canonical(written: str) -> str:
    """Return a keyword in upper case, known or not."""
    return _AS_WRITTEN.get(written) or _AS_WRITTEN.get(written.lower()) or written.upper()


def known_flags(keyword: str) -> Mapping[str, Takes]:
    """Return the flags that an instruction takes."""
    return FLAGS.get(keyword, _NONE)
