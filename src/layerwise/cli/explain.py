"""Print the page of a pass or a rule."""

import click
from rich.console import Console
from rich.markdown import Markdown

from layerwise import catalogue
from layerwise.errors import UsageError
from layerwise.passes import PASSES
from layerwise.rules import RULES


@click.command("explain", help=__doc__)
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Run ``layerwise explain``; without a name it lists what there is."""
    pages = {**catalogue.by_name(*PASSES), **catalogue.by_name(*RULES)}
    if name is None:
        for known, module in pages.items():
            click.echo(f"{known:22} {(module.__doc__ or '').splitlines()[0]}")
        return
    if name not in pages:
        raise UsageError(f"no pass or rule is called {name!r}; there are {', '.join(sorted(pages))}")
    page = f"# {name}\n\n{catalogue.page(pages[name])}"
    console = Console()
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        click.echo(page.rstrip())
