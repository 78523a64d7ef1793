"""``hepdl show SCRIPT|RUN``: the resolved chain as text or as a flow chart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hepdl.cli.options import PluginFolders, use_folders
from hepdl.description import Description

if TYPE_CHECKING:
    from hepdl.chain import Chain


def show(
    what: Annotated[Path, typer.Argument(metavar="SCRIPT|RUN", help="A steering script or a run folder.")],
    flow: Annotated[bool, typer.Option("--flow", help="A flow chart of the columns (Mermaid text).")] = False,
    plugins: PluginFolders = None,
) -> None:
    """Show the resolved chain: every parameter with its value, defaults included."""
    use_folders(plugins)
    chain = _chain(what)
    typer.echo(flow_chart(chain) if flow else chain_text(chain))


def chain_text(chain: Chain) -> str:
    """The chain as it would stand in a script that leaves nothing out."""
    return "chain = " + _called("Chain(", [value_text(step) for step in chain.steps], ")")


def value_text(value: Any) -> str:
    """A parameter's value as Python text; a description with every parameter on a line of its own."""
    if isinstance(value, Description):
        named = {name: item for name, item in value.parameters().items() if (name, item) != ("name", "")}
        lines = [f"{name}={value_text(item)}" for name, item in named.items()]
        return _called(f"{type(value).__name__}(", lines, ")")
    if isinstance(value, list) and any(isinstance(item, Description) for item in value):
        return _called("[", [value_text(item) for item in value], "]")
    return repr(value)


def flow_chart(chain: Chain) -> str:
    """Steps as boxes and the columns that go from one to another as arrows, in Mermaid's language."""
    from hepdl.expressions import parse

    made: dict[str, int] = {}
    lines = ["flowchart LR"]
    for place, step in enumerate(chain.steps):
        lines.append(f'    s{place}["{step.label}"]')
        reads = dict.fromkeys(step.reads())
        for text in step.wired("expression"):
            reads |= dict.fromkeys(parse(text, step.label).names)
        arrows: dict[int, list[str]] = {}
        for name in [name for name in reads if place]:
            arrows.setdefault(made.get(name, 0), []).append(name)
        lines += [f'    s{start} -- "{", ".join(names)}" --> s{place}' for start, names in arrows.items()]
        made |= dict.fromkeys(step.wired("output"), place)
    return "\n".join(lines)


def _chain(what: Path) -> Chain:
    from hepdl.chain import Chain
    from hepdl.cli.script import load_script
    from hepdl.record import CHAIN, Record

    return Chain.from_json(Record.open(what).read(CHAIN)) if what.is_dir() else load_script(what).chain


def _called(begin: str, lines: list[str], end: str) -> str:
    inner = ",\n".join(lines).replace("\n", "\n    ")
    return f"{begin}\n    {inner},\n{end}" if lines else begin + end
