"""What the command line changes in a chain: parameters by address, files by sample."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from hepdl.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from hepdl.chain import Chain


def with_settings(chain: Chain, settings: Sequence[str]) -> Chain:
    """The chain after ``Step[.part].parameter=value``, each value a Python literal, or a text when it is none."""
    for setting in settings:
        address, value = _halves(setting, "--set", "Step.parameter=value")
        chain = chain.with_parameter(address, _literal(value))
    return chain


def with_inputs(chain: Chain, inputs: Sequence[str]) -> Chain:
    """The chain whose samples named in ``sample=files`` read these files; a sample named twice reads both.

    Raises:
        InputError: no sample has this name.
    """
    files = files_by_sample(inputs)
    known = [sample.name for sample in chain.reader.samples]
    for name in files:
        if name not in known:
            raise InputError(f"-i {name}=...: the script has no sample '{name}'{did_you_mean(name, known)}")
    return _replaced(chain, files) if files else chain


def files_by_sample(inputs: Sequence[str]) -> dict[str, list[str]]:
    """Name of a sample → its patterns, of each ``sample=files``; a sample named twice has both."""
    files: dict[str, list[str]] = {}
    for given in inputs:
        name, pattern = _halves(given, "-i", "sample=files")
        files.setdefault(name, []).append(pattern)
    return files


def _replaced(chain: Chain, files: dict[str, list[str]]) -> Chain:
    samples = [s.replaced(files=files[s.name]) if s.name in files else s for s in chain.reader.samples]
    return type(chain)(chain.reader.replaced(samples=samples), *chain.steps[1:])


def _halves(given: str, option: str, form: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not (name and equals and value):
        raise typer.BadParameter(f"'{option} {given}' is not of the form {form}")
    return name.strip(), value


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
