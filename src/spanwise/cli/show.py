"""`spanwise show`: the stored text of a file."""

from typing import Annotated

import typer

from spanwise.cli.options import DEFAULT_INDEX, IndexOption
from spanwise.cli.output import echo
from spanwise.errors import UsageError


def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The path of the file, as in citations.")],
    page: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only this page.")] = None,
    index_dir: IndexOption = DEFAULT_INDEX,
) -> None:
    """
    Print the stored text of a file.

    The offsets in citations count its characters.
    """
    from spanwise.index.index import Index

    with Index.open(index_dir) as index:
        source = index.source(file)
    if page is None:
        echo(source.text, nl=not source.text.endswith("\n"))
        return
    if source.page_starts is None:
        msg = f"expected a file with pages, found {file} without; leave out --page"
        raise UsageError(msg)
    if page > len(source.page_starts):
        msg = f"expected a page from 1 to {len(source.page_starts)} of {file}, found {page}"
        raise UsageError(msg)
    bounds = [*source.page_starts, len(source.text)]
    echo(source.text[bounds[page - 1] : bounds[page]].rstrip("\f\n"))
