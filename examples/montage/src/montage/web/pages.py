"""Pages as text."""

import json

from jinja2 import Environment, PackageLoader, select_autoescape

from montage import __version__, revision
from montage.web.jobs import Job

STATES = ("running", "waiting", "failed", "done")

environment = Environment(loader=PackageLoader("montage.web"), autoescape=select_autoescape())


def percent(share: float) -> str:
    """A share as whole percent."""
    return f"{round(100 * share)} %"


environment.filters["percent"] = percent


def index(jobs: list[Job]) -> str:
    """All jobs, the running one first."""
    ranked = sorted(jobs, key=lambda job: STATES.index(job.state))
    return page("index.html", jobs=ranked, counts=counts(jobs))


def job(item: Job) -> str:
    """One job."""
    return page("job.html", job=item)


def missing(path: str) -> str:
    """The page for an address that leads nowhere."""
    return page("missing.html", path=path)


def counts(jobs: list[Job]) -> dict[str, int]:
    """How many jobs are in each state."""
    return {state: sum(item.state == state for item in jobs) for state in STATES}


def health(jobs: list[Job]) -> str:
    """What monitoring reads."""
    facts = {"version": __version__, "commit": revision.commit(), "jobs": counts(jobs)}
    return json.dumps(facts, sort_keys=True)


def page(name: str, **values: object) -> str:
    """A template filled in."""
    return environment.get_template(name).render(revision=revision.short(), **values)
