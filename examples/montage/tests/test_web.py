import json
from http import HTTPStatus
from pathlib import Path

from montage.errors import MontageError
from montage.web import server
from montage.web.jobs import Job, Queue


def fails(job: Job, target: Path) -> None:
    raise MontageError("no track")


def test_a_job_is_done_once(tmp_path):
    seen = []
    queue = Queue(tmp_path, lambda job, target: seen.append(target.name))
    assert queue.add(Job("a", tmp_path))
    assert not queue.add(Job("a", tmp_path))
    assert queue.step().state == "done"
    assert seen == ["a.mp4"]


def test_a_failed_job_says_why(tmp_path):
    queue = Queue(tmp_path, fails)
    queue.add(Job("a", tmp_path))
    queue.step()
    status, _, body = server.route("/jobs/a", queue)
    assert status == HTTPStatus.OK
    assert b"no track" in body


def test_health_names_the_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_COMMIT", "abc123")
    _, _, body = server.route("/healthz", Queue(tmp_path, fails))
    assert json.loads(body)["commit"] == "abc123"


def test_names_are_escaped(tmp_path):
    queue = Queue(tmp_path, fails)
    queue.add(Job("<b>", tmp_path))
    assert b"<b>" not in server.route("/", queue)[2]


def test_an_unknown_address_is_not_found(tmp_path):
    assert server.route("/static/../cli.py", Queue(tmp_path, fails))[0] == HTTPStatus.NOT_FOUND
