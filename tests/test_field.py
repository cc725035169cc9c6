import json
import subprocess

import pytest
from dev.field import main
from dev.field_checkout import checked_out, dockerfiles, listed, repositories
from dev.field_measure import Measured, Outcome, Rewrite
from dev.field_table import Repository, cause, text
from tests.cli.repository import BETTER, FILES, WHO


@pytest.fixture
def field(tmp_path):
    """Two repositories with history: one that order helps, a bare one whose Dockerfiles BuildKit would refuse."""
    shop, broken = tmp_path / "field/a/shop", tmp_path / "work"
    commit(shop, FILES)
    for count in range(1, 61):
        commit(shop, {"app/main.py": f"print({count})\n"})
    commit(broken, {"build/Dockerfile": "COPY a b\n", "build/web.Dockerfile": "FROM debian AS\n"})
    (tmp_path / "field/b").mkdir()
    git(tmp_path, "clone", "--quiet", "--bare", str(broken), "field/b/broken")
    return tmp_path / "field"


def test_what_is_found_is_measured_and_said(field, tmp_path, capsys):
    code = main([str(field), "--json", str(tmp_path / "all.json"), "--list", str(tmp_path / "list")])

    shop, broken = json.loads((tmp_path / "all.json").read_text())
    (planned,) = shop["dockerfiles"]
    assert code == 0
    assert planned["outcome"] == "planned"
    assert {edit["pass_name"] for edit in planned["kept"]} == {"late-args", "manifest-first"}
    assert planned["again"] == []
    assert planned["reduction"] == planned["order_reduction"] > 0.1
    assert [one["outcome"] for one in broken["dockerfiles"]] == ["refused", "refused"]
    assert listed(tmp_path / "list") == {"a/shop": shop["commit"], "b/broken": broken["commit"]}
    said = capsys.readouterr().out
    assert "2 repositories with Dockerfiles: 1 with 50 commits or more, 0 shallow" in said
    assert "3 Dockerfiles: 1 planned, 2 refused, 0 crashed, 0 timed out" in said
    assert "basis: prior, nothing measured" in said


def test_a_list_names_repositories_and_their_commits(field, tmp_path, capsys):
    old = git(field / "a/shop", "rev-parse", "HEAD~3")
    (tmp_path / "list").write_text(f"# measured once\na/shop {old}\na/gone {old}\n")

    main([str(field), "--at", str(tmp_path / "list"), "--json", str(tmp_path / "all.json")])

    (shop,) = json.loads((tmp_path / "all.json").read_text())
    assert (shop["commit"], shop["commits"]) == (old, 58)
    assert "a/gone: not below" in capsys.readouterr().err


def test_a_dockerfile_that_takes_too_long_fails_the_run(field, capsys):
    assert main([str(field), "--limit", "0"]) == 1
    assert "a/shop Dockerfile timed out: more than 0 s" in capsys.readouterr().out


def test_nothing_is_left_in_the_repository(field):
    (name, path), _ = repositories(field)
    with checked_out(name, path) as checkout:
        (checkout.root / "Dockerfile").write_text(BETTER)
    assert git(path, "status", "--porcelain") == ""
    assert not checkout.root.exists()


def test_the_main_dockerfile_is_the_one_at_the_root_else_the_one_that_ci_builds_else_the_largest(tmp_path):
    for path in ("small/Dockerfile", "big.Dockerfile", "tests/Dockerfile.j2", "node_modules/x/Dockerfile"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("FROM debian\n")
    (tmp_path / "big.Dockerfile").write_text("FROM debian\nRUN true\n")
    assert dockerfiles(tmp_path) == ("big.Dockerfile", "small/Dockerfile")
    (tmp_path / ".gitlab-ci.yml").write_text("image:\n  script:\n    - docker build small\n")
    assert dockerfiles(tmp_path)[0] == "small/Dockerfile"
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    assert dockerfiles(tmp_path)[0] == "Dockerfile"


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        (
            "`COPY . /app` stays above `RUN npm ci`: `RUN npm ci` writes node_modules/x, package.json, which the COPY has",
            "<step> stays above <step>: <step> writes <path>, which the COPY has",
        ),
        ("GIT_COMMIT stays: `RUN make` may read it", "<name> stays: <step> may read it"),
        ("the pip of 3 stages", "the pip of N stages"),
    ],
)
def test_a_cause_leaves_out_what_only_one_file_says(why, expected):
    assert cause(why) == expected


def test_the_split_and_what_to_look_into_are_counted():
    helped = Measured("Dockerfile", Outcome.PLANNED, commits=300, before_s=100, after_s=20, ordered_s=40, basis="prior")
    rest = Measured("Dockerfile", Outcome.PLANNED, commits=300, before_s=100, after_s=90, ordered_s=100, basis="prior")
    risen = Measured("x/Dockerfile", Outcome.PLANNED, before_s=1, after_s=2, again=("late-args",), cpu_s=9)
    refused = Measured(
        "y/Dockerfile",
        Outcome.PLANNED,
        refused=(Rewrite("late-args", 1, why="A stays: `RUN a`"), Rewrite("late-args", 2, why="B stays: `RUN b`")),
    )
    found = (
        Repository("a/a", "1", 400, shallow=False, lacking=0, left_out=0, dockerfiles=(helped, risen)),
        Repository("b/b", "2", 400, shallow=False, lacking=0, left_out=3, dockerfiles=(rest, refused)),
    )

    said = [" ".join(line.split()) for line in text(found).splitlines()]

    assert "all 2 45.0% 45.0% 50.0% 100.0%" in said
    assert "order (late-args + manifest-first) helps >= 10% 1 80.0% 80.0% 100.0% 100.0%" in said
    assert "the rest 1 10.0% 10.0% 0.0% 100.0%" in said
    assert "2 in 1 Dockerfiles late-args: <name> stays: <step>" in said
    assert "a/a x/Dockerfile: expected seconds rise, 1.00 to 2.00" in said
    assert "a/a x/Dockerfile: a second run still applies late-args" in said
    assert any(line.startswith("a/a x/Dockerfile: 9.0 s") for line in said)
    assert "4 Dockerfiles: 4 planned, 0 refused, 0 crashed, 0 timed out; 3 more left out" in said


def commit(root, files):
    root.mkdir(parents=True, exist_ok=True)
    if not (root / ".git").exists():
        git(root, "init", "--quiet", "--initial-branch=main")
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Change")


def git(root, *arguments):
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={"PATH": "/usr/bin:/bin", **WHO}, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
