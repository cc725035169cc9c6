import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.redact import MASK, Redactor, redactor, user_key

PLAIN = Redactor(b"key")


@pytest.mark.parametrize(
    "name",
    [
        "API_TOKEN",
        "apiToken",
        "GITHUB_TOKEN",
        "GITHUBTOKEN",
        "npm_config__authToken",
        "PASSWORD",
        "PGPASSWORD",
        "DB_PWD",
        "pwd",
        "db.password",
        "client-secret",
        "SECRET_KEY_BASE",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AccessKeyId",
        "apiKey",
        "DATABASE_URL",
        "SENTRY_DSN",
        "SSH_PRIVATE_KEY",
        "token2",
        "Authorization",
    ],
)
def test_a_name_says_that_its_value_is_secret(name: str) -> None:
    assert PLAIN.is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "PWD",
        "AUTHOR",
        "GIT_AUTHOR_NAME",
        "KEYBOARD",
        "MONKEY",
        "VERSION",
        "TOKENIZERS_PARALLELISM",
        "COMPASS",
        "PASSENGER",
    ],
)
def test_an_innocent_name_is_none(name: str) -> None:
    assert not PLAIN.is_secret(name)


def test_patterns_of_the_configuration_add_names() -> None:
    redact = redactor(b"key", {"SHOP_PIN": "042042"}, ["pin$"])
    assert redact.is_secret("SHOP_PIN")
    assert redact.text("x 042042 x") == f"x {MASK} x"
    assert not PLAIN.is_secret("SHOP_PIN")


def test_secrets_of_the_environment_are_masked_wherever_they_stand() -> None:
    redact = redactor(b"key", {"API_TOKEN": "swordfish", "PWD": "/srv/shop", "SHORT_TOKEN": "abc", "LANG": "C.UTF-8"})
    assert (
        redact.text("curl swordfish@host; cd /srv/shop; abc C.UTF-8") == f"curl {MASK}@host; cd /srv/shop; abc C.UTF-8"
    )


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    redact = PLAIN.knowing([("A_TOKEN", "swordfish"), ("B_TOKEN", "swordfish-0451")])
    assert redact.text("swordfish-0451 swordfish") == f"{MASK} {MASK}"


def test_more_secrets_are_added_to_those_known() -> None:
    redact = redactor(b"key", {"API_TOKEN": "swordfish"}).knowing(
        [("DB_PASSWORD", "correct horse"), ("NAME", "staple")]
    )
    assert redact.text("swordfish correct horse staple") == f"{MASK} {MASK} staple"


@pytest.mark.parametrize(
    "shown",
    [
        "one  two\tthree\nfour five",
        "one two three four five",
        r"one  two\tthree\nfour five",
        "first: one  two\tthree",
        "then: four five",
    ],
)
def test_a_secret_of_several_lines_is_masked_as_it_is_shown(shown: str) -> None:
    redact = PLAIN.knowing([("PRIVATE_KEY", "one  two\tthree\nfour five\n")])
    assert "two" not in redact.text(shown)
    assert "five" not in redact.text(shown)


def test_a_secret_with_quotes_is_masked_as_go_quotes_it() -> None:
    redact = PLAIN.knowing([("API_TOKEN", 'sword"fish\\x')])
    assert redact.text(r'process "/bin/sh -c echo sword\"fish\\x" failed') == f'process "/bin/sh -c echo {MASK}" failed'


@pytest.mark.parametrize(
    "token",
    [
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0123456789_abcdef",
        "glpat-abcdefghijklmnopqrst",
        "npm_abcdefghijklmnopqrstuvwxyz0123456789",
        "pypi-AgEIcHlwaS5vcmcCJGFiY2RlZmdoaWprbG1ub3A",
        "dckr_pat_abcdefghijklmnopqrstuvwx",
        "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "sk-abcdefghijklmnopqrstuvwxyz",
        "sk_live_abcdefghijklmnop0123",
        "xoxb-1234567890-abcdef",
        "AKIAABCDEFGHIJKLMNOP",
        "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ],
)
def test_text_in_the_form_of_a_token_is_masked(token: str) -> None:
    assert PLAIN.text(f"RUN login {token} now") == f"RUN login {MASK} now"


def test_a_private_key_is_masked_whole() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nMIIEdef\n-----END RSA PRIVATE KEY-----"
    assert PLAIN.text(f"a {key} b") == f"a {MASK} b"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://user:secret@host/x", "https://***@host/x"),
        ("https://user:sec@ret@host/x", "https://***@host/x"),
        ("https://:secret@host/x", "https://***@host/x"),
        ("https://0123456789abcdef0123456789abcdef@host/x", "https://***@host/x"),
        ("git+ssh://git@host/x", "git+ssh://git@host/x"),
        ("http://proxy:8080/x@y", "http://proxy:8080/x@y"),
        ("API_TOKEN=swordfish make", "API_TOKEN=*** make"),
        ("API_TOKEN='sword fish' make", "API_TOKEN=*** make"),
        ('API_TOKEN="sword fish" make', "API_TOKEN=*** make"),
        ("//registry.example/:_authToken=swordfish >> .npmrc", "//registry.example/:_authToken=*** >> .npmrc"),
        ("--password=swordfish", "--password=***"),
        ("mysql --password swordfish --host db", "mysql --password *** --host db"),
        ("login --token --json", "login --token --json"),
        ("password: swordfish", "password: ***"),
        ('{"password":"swordfish","a":1}', '{"password":***,"a":1}'),
        ("Authorization: Bearer abcdefgh12345", "Authorization: *** ***"),
        ("curl -H 'X: basic dXNlcjpwYXNz'", "curl -H 'X: basic ***'"),
        ("API_TOKEN=$API_TOKEN", "API_TOKEN=$API_TOKEN"),
        ('API_TOKEN="${TOKEN}"', 'API_TOKEN="${TOKEN}"'),
        ("--token $TOKEN", "--token $TOKEN"),
        ("VERSION=1.2.3 make", "VERSION=1.2.3 make"),
        ("RUN --mount=type=secret,id=npm_token npm ci", "RUN --mount=type=secret,id=npm_token npm ci"),
        ("pip install tokenizers==1.0", "pip install tokenizers==1.0"),
    ],
)
def test_what_text_says_to_be_secret_is_masked(text: str, masked: str) -> None:
    assert PLAIN.text(text) == masked


def test_a_value_that_is_masked_in_part_is_masked_whole_behind_its_name() -> None:
    assert PLAIN.knowing([("A_TOKEN", "swordfish")]).text("API_TOKEN=swordfish-and-more") == "API_TOKEN=***"


@given(st.text(max_size=60))
def test_what_was_masked_stays_as_it_is(text: str) -> None:
    redact = PLAIN.knowing([("A_TOKEN", "swordfish")])
    once = redact.text(f"{text} swordfish {text}")
    assert "swordfish" not in once
    assert redact.text(once) == once


def test_an_argument_that_is_not_secret_is_kept() -> None:
    assert PLAIN.argument("VERSION", "1.2.3") == "1.2.3"


@pytest.mark.parametrize(
    ("name", "value"),
    [("API_TOKEN", "swordfish"), ("API_TOKEN", "abc"), ("URL", "https://u:swordfish@host"), ("X", "ghp_" + "a" * 36)],
)
def test_an_argument_that_looks_secret_is_an_hmac(name: str, value: str) -> None:
    assert re.fullmatch("hmac:[0-9a-f]{16}", PLAIN.argument(name, value))


@given(st.text(), st.text(), st.binary(min_size=1))
def test_an_hmac_is_equal_for_equal_values_of_one_name_under_one_key_only(one: str, other: str, key: bytes) -> None:
    redact = Redactor(key)
    assert (redact.argument("API_TOKEN", one) == redact.argument("API_TOKEN", other)) == (one == other)
    assert redact.argument("API_TOKEN", one) != redact.argument("OTHER_TOKEN", one)
    assert redact.argument("API_TOKEN", one) != Redactor(key + b"x").argument("API_TOKEN", one)


def test_the_key_is_made_once_and_is_its_user_s_alone(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "layerwise"
    key = user_key(directory)
    assert len(key) == 32
    assert user_key(directory) == key
    assert [path.name for path in directory.iterdir()] == ["key"]
    assert stat.S_IMODE((directory / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_processes_that_begin_at_once_get_one_key(tmp_path: Path) -> None:
    program = "import pathlib, sys; from layerwise.builder.redact import user_key\nsys.stdin.read()\n"
    program += f"print(user_key(pathlib.Path({str(tmp_path)!r})).hex())"
    racing = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(6)
    ]
    for process in racing:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    assert len({process.communicate()[0] for process in racing}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_key_that_another_has_just_made_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Path.read_bytes

    def not_yet(path: Path) -> bytes:
        monkeypatch.setattr(Path, "read_bytes", made)
        path.write_bytes(b"the other's")
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_bytes", not_yet)
    assert user_key(tmp_path) == b"the other's"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_directory_that_can_not_be_made_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        user_key(tmp_path / "file")
