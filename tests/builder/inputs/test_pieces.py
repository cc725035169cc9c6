from layerwise.builder.inputs.pieces import pieces_of, variables
from layerwise.builder.redact import Redactor
from layerwise.graph.context import Context
from layerwise.graph.lower import lower
from layerwise.graph.request import BaseConfig, Request
from layerwise.graph.vertex import Graph
from layerwise.inputs.manifest import Part, Piece
from layerwise.syntax.parser import parse

REDACT = Redactor(b"key")
INSTR, S, M, V, B = Part.INSTRUCTION, Part.SETTING, Part.MOUNT, Part.VARIABLE, Part.BASE


def graph(dockerfile: str, **arguments: str) -> Graph:
    bases = {"base": BaseConfig(workdir="/", user="", digest="sha256:1"), "other": BaseConfig()}
    request = Request(context=Context.from_paths(["a"]), build_args=arguments, bases=bases)
    return lower(parse(dockerfile), request, "linux/amd64")


def pieces(dockerfile: str, number: int = -1, redact: Redactor = REDACT, **arguments: str) -> tuple[Piece, ...]:
    return pieces_of(graph(dockerfile, **arguments).steps[number], redact)


def test_a_run_has_its_command_settings_mounts_and_variables() -> None:
    dockerfile = (
        "FROM base\nARG X=1\nENV Y=2\nUSER me\nWORKDIR /w\nRUN --mount=type=cache,target=/c --network=none make\n"
    )
    assert pieces(dockerfile) == (
        Piece(S, "platform", "linux/amd64"),
        Piece(INSTR, "command", "/bin/sh\0-c\0make"),
        Piece(S, "cwd", "/w"),
        Piece(S, "user", "me"),
        Piece(M, "cache mount", "/c //c rw "),
        Piece(S, "network", "none"),
        Piece(V, "X", "1"),
        Piece(V, "Y", "2"),
    )


def test_a_copy_has_what_it_says_and_no_variables() -> None:
    assert pieces("FROM base\nARG X=d\nCOPY --chown=me a /$X/\n") == (
        Piece(INSTR, "keyword", "COPY"),
        Piece(INSTR, "destination", "/d/"),
        Piece(INSTR, "source", "a"),
        Piece(INSTR, "--chown", "me"),
    )


def test_a_base_has_its_digest_or_its_name() -> None:
    assert pieces("FROM base\n")[1:] == (Piece(B, "base", "sha256:1"),)
    assert pieces("FROM other\n")[1:] == (Piece(B, "other", "other"),)
    assert pieces("FROM base\nCOPY --from=other /a /b\n", -2)[1:] == (Piece(B, "other", "other"),)


def test_a_flag_is_a_setting_of_a_run() -> None:
    assert Piece(S, "--device", "gpu") in pieces("FROM base\nRUN --device=gpu make\n")


def test_only_a_run_has_variables() -> None:
    steps = graph("FROM base\nARG X=1\nCOPY a /a\nRUN make\n").steps
    assert [dict(variables(step)) for step in steps] == [{}, {}, {"X": "1"}]


def test_a_secret_is_an_hmac() -> None:
    values = [
        next(
            piece.value for piece in pieces("FROM base\nARG API_TOKEN\nRUN make\n", API_TOKEN=token) if piece.part is V
        )
        for token in ("opensesame", "opensesame", "closesesame")
    ]
    assert values[0] == values[1] != values[2]
    assert values[0].startswith("hmac:")
    assert "sesame" not in "".join(values)


def test_a_secret_inside_a_command_is_masked_and_told_apart_by_an_hmac() -> None:
    redact = REDACT.knowing([("TOKEN", "opensesame"), ("TOKEN", "closesesame")])
    values = [
        pieces(f"FROM base\nRUN curl -H {token} example.org\n", redact=redact)[1].value
        for token in ("opensesame", "closesesame")
    ]
    assert all("curl -H *** example.org [hmac:" in value for value in values)
    assert values[0] != values[1]
    assert pieces("FROM base\nRUN make\n", redact=redact)[1].value == "/bin/sh\0-c\0make"
