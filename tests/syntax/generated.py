"""Hypothesis strategies for texts that look like Dockerfiles and step into the parser's traps."""

from hypothesis import strategies as st

KEYWORDS = (
    "FROM", "RUN", "COPY", "ADD", "ENV", "ARG", "LABEL", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK", "ONBUILD", "EXPOSE",
    "VOLUME", "USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER", "NEWER", "run", "Copy", "env",
)  # fmt: skip
FLAGS = (
    "--platform=linux/arm64", "--mount=type=cache,target=/root/.cache", "--mount=type=bind,from=x", "--network=none",
    "--link", "--link=false", "--chown=app:app", "--from=build", "--from=0", "--chmod=755", "--exclude=*.md", "--parents",
    "--interval=5s", "--retries=2", "--unknown", "--unknown=1", "--", "--a'b c'd", '--a"b\\"c"', "--a\\ b", "--a`b", "-x",
    "--ümlaut=ä", "--open='",
)  # fmt: skip
PIECES = (
    "a", "b=c", "NAME=value", 'Q="two words"', "S='it is'", "X=", "=y", "$VAR", "${VAR:-d}", "${A:+x}", "${A^^}",
    "${B:1:2}", "\\", "\\\\", "`", "'", '"', "\\'", '\\"', "\\ ", "#", "# not a comment", "&&", "|", ">/x", "<in",
    "<<<here", "1<<2", "AS", "as", "Stage-1", "9", "CMD", "NONE", "/dst/", ".", "[", "]", '["a", "b"]', "['a']", '["a",1]',
    '["a"] b', "[]", '["\\u00e9"]', "\t", "  ", "\xa0", "\u3000", "é", "日本", "\x0b", "\x0c", "80/tcp", "=", "==",
)  # fmt: skip
OPENERS = ("<<EOF", "<<-EOF", "<<'EOF'", '<<"EOF"', "3<<EOF", "<<EOF>/x", "<<E'O'F", "<<\\EOF", "<<-'END'", "<<", "<<-")
BODY = ("", "EOF", "\tEOF", " EOF", "EOF ", "END", "\tEND", "RUN x", "# comment", "echo $HOME \\", "FROM b", "\ttab")
DIRECTIVES = (
    "# syntax=docker/dockerfile:1", "#syntax = x", "# escape=`", "# escape=\\", "#escape = `", "# ESCAPE=`", "# check=skip=all",
    "# foo=bar", "#!/usr/bin/env x", "# comment", "", "  # escape=`", "# escape=x", "#\xa0escape=`",
)  # fmt: skip
ENDS = (
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\n\n",
    " \\\n",
    "\\\n",
    "\\  \n",
    "\\\r\n",
    "`\n",
    " \\\n# within\n",
    "\\\n\n",
    "\\\n  ",
    "\r\r\n",
)

words = st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=4)
flags = st.lists(st.sampled_from(FLAGS), max_size=2)


@st.composite
def instruction_lines(draw: st.DrawFn) -> str:
    """One instruction's line or lines, here-document bodies perhaps among them."""
    parts = [draw(st.sampled_from(KEYWORDS)), *draw(flags)]
    parts += draw(st.lists(words | st.sampled_from(OPENERS), max_size=5))
    gaps = draw(st.lists(st.sampled_from((" ", " ", " ", "  ", "\t", " \\\n", " \\\n  # c\n  ")), min_size=len(parts)))
    text = "".join(part + gap for part, gap in zip(parts, gaps, strict=False)).rstrip(" ")
    text = draw(st.sampled_from(("", "", "", " ", "ONBUILD "))) + text + draw(st.sampled_from(ENDS))
    if "<<" in text:
        text += "".join(line + "\n" for line in draw(st.lists(st.sampled_from(BODY), max_size=4)))
        text += draw(st.sampled_from(("EOF\n", "EOF\nEOF\n", "\tEOF\r\n", "END\n", "")))
    return text


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    """A text in the shape of a Dockerfile; BuildKit accepts some."""
    top = draw(st.lists(st.sampled_from(DIRECTIVES), max_size=3))
    opening = draw(st.sampled_from(("FROM a\n", "ARG A=1\nFROM $A AS b\n", "FROM scratch\r\n", "from x\n", "")))
    body = draw(st.lists(instruction_lines() | st.sampled_from(("# comment\n", "\n", "   \n", "#\n")), max_size=6))
    text = (
        draw(st.sampled_from(("", "", "", "\ufeff"))) + "".join(line + "\n" for line in top) + opening + "".join(body)
    )
    return text if draw(st.booleans()) else text.rstrip("\n")


ORDINARY = (
    "RUN one", "RUN one && \\\n    two", "RUN a \\\n# within\n\n  b", "COPY . /app", "COPY <<EOF /x\n\nbody\nEOF",
    "RUN <<-A cat <<'B'\n\tone\nA\ntwo\nB", "ENV A=1 B=2", "ENV A=1 \\\n    # on b\n    B=2", "ARG V", "USER app",
    'CMD ["a", "b"]', "ONBUILD COPY . /app", "# on the next\nRUN three", "# one\n  # two\nWORKDIR /app", "# apart\n\nEXPOSE 80",
    'LABEL a="b \\\n c"', "FROM b AS c", "  HEALTHCHECK NONE",
)  # fmt: skip


@st.composite
def ordinary_dockerfiles(draw: st.DrawFn) -> str:
    """A Dockerfile that is accepted, with LF or CRLF, with or without a last line end or a continuation into nothing."""
    parts = [draw(st.sampled_from(("", "# syntax=docker/dockerfile:1\n", "# syntax=x\n\n", "# top\n\n"))), "FROM a\n"]
    for instruction in draw(st.lists(st.sampled_from(ORDINARY), min_size=2, max_size=7)):
        parts += [draw(st.sampled_from(("", "", "\n", " \n\n"))), instruction, "\n"]
    text = "".join(parts) + draw(st.sampled_from(("", "", "\n", "RUN last \\", "RUN last \\\n# end\n\n")))
    text = text.rstrip("\n") if draw(st.booleans()) else text
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text
