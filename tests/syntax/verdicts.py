r"""What BuildKit accepts and refuses, a row a fact; held against the parser here and against the engine in tests/docker.

``accepted`` is our verdict. Where the engine of the tests differs, ``differs`` says why.
"""

from typing import NamedTuple

NEWER = "kept as opaque: a newer BuildKit may know it"
OLDER = "the engine's built-in frontend is older than the flag, or has it in labs only"


class Verdict(NamedTuple):
    """One text and whether it is accepted."""

    fact: str
    text: str
    accepted: bool
    differs: str = ""


def _yes(fact: str, text: str, differs: str = "") -> Verdict:
    return Verdict(fact, text, True, differs)


def _no(fact: str, text: str, differs: str = "") -> Verdict:
    return Verdict(fact, text, False, differs)


def _in(body: str) -> str:
    return f"FROM a\n{body}\n"


VERDICTS = (
    # Lines, comments and directives
    _no("an empty file has no instruction", ""),
    _no("a file of comments has no instruction", "# a\n\n# b\n"),
    _yes("a byte order mark may open the file", "\ufeffFROM a\n"),
    _no("a byte order mark is text anywhere else", "\n\ufeffFROM a\n"),
    _yes("lines may end in CRLF", "FROM a\r\nRUN b \\\r\n  c\r\n"),
    _no("a carriage return alone ends no line", "FROM a\rRUN b\n"),
    _yes("a comment inside a continuation is dropped", _in("COPY a \\\n# c\n b")),
    _yes("a comment inside a continuation does not continue, whatever it ends in", _in("COPY a \\\n# c \\\n b")),
    _yes("an empty line inside a continuation is skipped", _in("COPY a \\\n\n \t \n b")),
    _yes("blanks may follow the escape character of a continuation", _in("COPY a \\ \t \n b")),
    _no("two escape characters at the end of a line continue nothing", _in("COPY a \\\\\n ENV")),
    _yes("a continuation at the end of the file just ends", "FROM a\nCOPY a b \\"),
    _yes("a continuation may cut a keyword in two", "FROM a\nRU\\\nN b\n"),
    _no("a line with only the escape character at the end of the file is no instruction", "FROM a\n\\\n"),
    _yes("a hash later in a line is text", _in("COPY a # b")),
    _yes("a keyword may be an argument, which the refusals above rest on", _in("COPY a \\\n ENV")),
    _yes("leading white space of a line is dropped", " FROM a\n\t COPY a b\n"),
    _yes("the keyword's case does not matter", "from a\ncOpY a b\n"),
    _yes("a vertical tab and a form feed part the keyword from the rest", "FROM\va\nCOPY\fa\vb\n"),
    _yes("the escape character may be a backtick", "# escape=`\nFROM a\nCOPY a `\n b\n"),
    _no("under a backtick a backslash continues nothing", "# escape=`\nFROM a\nCOPY a \\\n ENV\n"),
    _yes("a directive's name and blanks are free", "#  ESCAPE  =  `\nFROM a\nCOPY a `\n b\n"),
    _no("an empty line ends the directives", "\n# escape=`\nFROM a\nCOPY a `\n ENV\n"),
    _no("a comment ends the directives", "# hello\n# escape=`\nFROM a\nCOPY a `\n ENV\n"),
    _no("an unknown directive ends the directives", "# foo=bar\n# escape=`\nFROM a\nCOPY a `\n ENV\n"),
    _no("a #! line ends the directives for escape", "#!/usr/bin/env x\n# escape=`\nFROM a\nCOPY a `\n ENV\n"),
    _yes("check is a directive and ends none", "# check=skip=all\n# escape=`\nFROM a\nCOPY a `\n b\n"),
    _no("a directive is given once", "# escape=\\\n# escape=\\\nFROM a\n"),
    _yes("a directive repeated below the directives is a comment", "# escape=\\\n\n# escape=\\\nFROM a\n"),
    _no("the escape character is no other", "# escape=x\nFROM a\n"),
    _yes("a line may have 65,535 bytes", "FROM a\n# " + "x" * 65533 + "\n"),
    _no("a line may not have 65,536 bytes", "FROM a\n# " + "x" * 65534 + "\n"),
    # Instructions and flags
    _yes("an unknown instruction parses", _in("NEWER a b"), NEWER),
    _no("only ARG may precede FROM", "RUN a\nFROM a\n"),
    _yes("ARG may precede FROM", "ARG a=b\nFROM a\n"),
    _no("a file needs a stage", "ARG a\n", "--call=targets lists no target and is content; a build is refused"),
    _yes("a word with two dashes behind any keyword is a flag", _in("CMD --foo"), NEWER),
    _yes("an unknown flag parses", _in("COPY --newer=x a b"), NEWER),
    _yes("COPY has --parents", _in("COPY --parents a b"), OLDER),
    _yes("ARG drops flags unread", _in("ARG --foo a")),
    _yes("STOPSIGNAL drops flags unread", _in("STOPSIGNAL --foo 9")),
    _no("a flag alone is no argument", _in("COPY --link a")),
    _yes("a lone -- ends the flags", _in("COPY -- --link=x b")),
    _yes("quotes are removed anywhere in a flag", _in("COPY --li'nk'=\"tr\"ue a b")),
    _yes("an escape works inside a flag", _in("COPY --link=tr\\ue a b")),
    _yes("the escape directive rules flags too", "# escape=`\nFROM a\nCOPY --link=tr`ue a b\n"),
    _no("under a backtick a backslash is text in a flag", "# escape=`\nFROM a\nCOPY --link=tr\\ue a b\n"),
    _yes("a boolean flag takes any case", _in("COPY --link=TRUE a b")),
    _no("a boolean flag takes true or false", _in("COPY --link=yes a b")),
    _no("a boolean flag with an equals sign needs a value", _in("COPY --link= a b")),
    _no("a text flag needs a value", _in("COPY --from a b")),
    _yes("a text flag may be empty", _in("COPY --from= a b")),
    _no("a flag is given once", _in("COPY --from=x --from=y a b")),
    _yes("a list flag may be repeated", _in("RUN --mount=type=tmpfs,target=/a --mount=type=tmpfs,target=/b c")),
    _yes("a mount is CSV with quotes", _in('RUN --mount=\'type=bind,"source=a,b",target=/x\' c')),
    _no("a mount with a quote inside a field is no CSV", _in("RUN --mount='type=bind,a\"b' c")),
    _no("a mount needs fields", _in("RUN --mount= c")),
    _no("from= of a mount takes no variable", _in("RUN --mount=type=bind,from=$x,target=/y c")),
    _no("from= of a mount takes no variable, whatever its case", _in("RUN --mount=type=bind,FROM=a$x,target=/y c")),
    _yes("from= of a mount may end in a dollar sign", _in("RUN --mount=type=bind,from=x$,target=/y c")),
    _yes("from= of a mount may be a number", _in("RUN --mount=type=bind,from=0,target=/y c")),
    _no("--network knows three values", _in("RUN --network=bridge c")),
    _no("--security knows two values", _in("RUN --security=none c")),
    _yes("--security is a flag", _in("RUN --security=insecure c"), OLDER),
    _yes("--device takes a name", _in("RUN --device=vendor.com/dev=x,required c")),
    # Here-documents
    _yes("a here-document runs to its name", _in("RUN <<EOF\na\n EOF\nEOF")),
    _no("a here-document needs its name on a line of its own", _in("RUN <<EOF\na\nEOF ")),
    _yes("the name may stand before a carriage return", "FROM a\nRUN <<EOF\r\na\r\nEOF\r\nCOPY a b\r\n"),
    _yes("tabs may stand before the name of a <<- here-document", _in("RUN <<-EOF\n\ta\n\t\tEOF")),
    _no("tabs may not stand before the name of a << here-document", _in("RUN <<EOF\na\n\tEOF")),
    _no("blanks may not stand before the name of a <<- here-document", _in("RUN <<-EOF\na\n EOF")),
    _yes("several here-documents are read in order", _in("COPY <<A <<B /x/\n1\nB\nA\n2\nA\nB")),
    _no("several here-documents need all their names", _in("COPY <<A <<B /x/\n1\nB\n2\nA")),
    _yes("a here-document may have a file descriptor", _in("RUN cat 3<<EOF <&3\na\nEOF")),
    _yes("<<< opens none", _in("RUN cat <<<EOF")),
    _yes("a blank may stand between << and the name", _in("RUN << EOF\na\nEOF")),
    _no("a redirection glued to the name becomes part of it", _in("RUN cat <<EOF>/x\na\nEOF")),
    _no("a shift with blanks opens one", _in("RUN echo $(( 1 << 2 ))")),
    _yes("a shift without blanks opens none", _in("RUN echo $((1<<2))")),
    _yes("none opens where the line can't be lexed", _in("RUN echo ${a^^} <<EOF")),
    _yes("none opens behind an unclosed quote", _in("RUN echo it's <<EOF")),
    _yes("an operator loses the << before it, so none opens", _in("RUN cat <<${x:-EOF}")),
    _no("a delimiter with an unclosed quote is refused", _in('RUN echo ${x:-a\\ <<\\"b}')),
    _yes("a destination that only looks like one is a path", _in('COPY a <<"b')),
    _no("a plain variable may name one", _in("RUN cat <<$x")),
    _yes("the JSON form opens none", _in('RUN ["cat", "<<EOF"]')),
    _yes("ENV opens none", _in("ENV a=<<EOF")),
    _yes("CMD opens none", _in("CMD cat <<EOF")),
    _yes("one under ONBUILD is read", _in("ONBUILD RUN <<EOF\nCOPY\nEOF")),
    _no("a here-document is no destination", _in("COPY a <<EOF\nx\nEOF")),
    _yes("a body may stand below continued lines", _in("RUN <<EOF \\\n && b\nx\nEOF")),
    _yes("a quoted name ends without quotes", _in("RUN <<'E O'\nx\nE O")),
    # JSON and words
    _no("a JSON form takes strings only", _in('CMD ["a", 1]')),
    _no("a JSON form takes no null", _in("CMD [null]")),
    _yes("a JSON form with text behind it is the shell form", _in('CMD ["a"] 1')),
    _yes("single quotes make the shell form", _in("CMD ['a', 1]")),
    _yes("a number too large for Go makes the shell form", _in("CMD [1e999]")),
    _yes("NaN makes the shell form", _in("CMD [NaN]")),
    _no("SHELL takes the JSON form only", _in("SHELL /bin/sh -c")),
    _no("SHELL takes no empty array", _in("SHELL []")),
    _yes("CMD takes an empty array", _in("CMD []")),
    _yes("RUN may be empty", _in("RUN")),
    _no("VOLUME takes no empty path", _in('VOLUME ["/a", " "]')),
    _no("VOLUME takes a path", _in("VOLUME []")),
    _yes("ENV has a legacy form", _in("ENV a b=c d")),
    _no("ENV needs a value", _in("ENV a")),
    _no("every word of ENV needs an equals sign", _in("ENV a=b c")),
    _yes("a quoted word of ENV may hold blanks", _in("ENV a=\"b c\" d='e f' g=h\\ i")),
    _no("ENV needs a name", _in("ENV =b")),
    _no("ENV needs a pair", _in("ENV")),
    _no("every word of LABEL needs an equals sign", _in("LABEL a=b c")),
    _yes("ARG takes several names", _in("ARG a b=c d=")),
    _no("ARG needs a name", _in("ARG =b")),
    _no("ARG needs an argument", _in("ARG")),
    _no("COPY needs a destination", _in("COPY a")),
    _no("ADD needs a destination", _in('ADD ["a"]')),
    _no("EXPOSE needs a port", _in("EXPOSE")),
    _no("USER needs a value", _in("USER")),
    _yes("USER takes the rest of the line", _in("USER a b")),
    _no("MAINTAINER needs a value", _in("MAINTAINER")),
    _yes("HEALTHCHECK takes NONE", _in("HEALTHCHECK NONE")),
    _no("HEALTHCHECK NONE takes nothing else", _in("HEALTHCHECK NONE a")),
    _no("HEALTHCHECK takes CMD or NONE", _in("HEALTHCHECK curl x")),
    _no("HEALTHCHECK CMD needs a command", _in("HEALTHCHECK CMD")),
    _yes("durations have units", _in("HEALTHCHECK --interval=1m30.5s --timeout=0 --start-period=500ms CMD a")),
    _yes("a duration may be empty", _in("HEALTHCHECK --interval= --retries= CMD a")),
    _no("a duration needs its unit", _in("HEALTHCHECK --interval=30 CMD a")),
    _no("a duration has one millisecond at least", _in("HEALTHCHECK --interval=10us CMD a")),
    _no("a duration is not negative", _in("HEALTHCHECK --interval=-5s CMD a")),
    _no("retries are not negative", _in("HEALTHCHECK --retries=-1 CMD a")),
    _no("retries are a number", _in("HEALTHCHECK --retries=x CMD a")),
    _yes("HEALTHCHECK NONE drops flags unread", _in("HEALTHCHECK --retries=x NONE")),
    # ONBUILD and FROM
    _no("ONBUILD needs an instruction", _in("ONBUILD")),
    _no("ONBUILD can't be chained", _in("ONBUILD ONBUILD RUN a")),
    _no("ONBUILD can't trigger FROM", _in("ONBUILD FROM b")),
    _no("ONBUILD can't trigger MAINTAINER", _in("ONBUILD MAINTAINER b")),
    _yes("what ONBUILD stores is checked when it is triggered", _in("ONBUILD COPY a")),
    _yes("an unknown instruction may be stored", _in("ONBUILD NEWER a")),
    _no("ONBUILD refuses what can't be read", _in("ONBUILD ENV a")),
    _no("ONBUILD refuses a JSON form with numbers", _in("ONBUILD CMD [1]")),
    _no("FROM needs an image", "FROM\n"),
    _no("FROM takes no two arguments", "FROM a b\n"),
    _no("FROM takes AS between image and name", "FROM a is b\n"),
    _no("FROM takes no four arguments", "FROM a AS b c\n"),
    _yes("AS may have any case", "FROM a aS b\n"),
    _yes("a stage's name may have capitals", "FROM a AS Build-1.x_y\n"),
    _no("a stage's name begins with a letter", "FROM a AS 1b\n"),
    _no("a stage's name has no other signs", "FROM a AS b/c\n"),
    _yes("stages may share a name", "FROM a AS b\nFROM c AS b\n"),
    _yes("FROM may be scratch", "FROM scratch\n"),
)  # fmt: skip
