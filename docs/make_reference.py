"""Write docs/reference.md: the manual page of everything that is installed, as ``hepdl describe`` shows it."""

from __future__ import annotations

from pathlib import Path

from hepdl import Sample, Split
from hepdl.cli.manual import manual
from hepdl.plugins import Entry, failures, load, registry

HEAD = """# Reference

Made by `make docs` from the classes themselves; `hepdl describe NAME` prints the same page for one name.
"""
OWN = {"Sample": Sample, "Split": Split}
"""What the core itself offers to a steering script, beside `Chain`."""


def pages() -> list[str]:
    """One page for each name, in alphabetical order, the core's own first."""
    own = [manual(Entry(name, "", "", "hepdl", ""), cls) for name, cls in OWN.items()]
    return own + [manual(entry, load(name)) for name, entry in registry().items()]


def main() -> None:
    """Write the file; a broken plugin is an error here."""
    if failures():
        raise SystemExit(f"broken plugins: {failures()}")
    target = Path(__file__).with_name("reference.md")
    target.write_text("\n".join([HEAD, *pages()]))


if __name__ == "__main__":
    main()
