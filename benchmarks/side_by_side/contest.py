"""Runs programs in turn, each in a fresh process, and compares what they report."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
Figures = dict[str, float]


@dataclass
class Contestant:
    """A program whose last line of output is a JSON object of figures."""

    name: str
    command: list[str]
    figures: list[Figures] = field(default_factory=list)
    problem: str = ""

    def run(self) -> None:
        """Once; a failure is kept as a problem."""
        words = [str(word) for word in self.command]
        answer = subprocess.run(words, env=os.environ | ONE_THREAD, capture_output=True, text=True, check=False)
        if answer.returncode:
            self.problem = (answer.stderr.strip().splitlines() or ["no message"])[-1][:200]
            return
        self.figures.append(json.loads(answer.stdout.strip().splitlines()[-1]))

    def median(self, name: str) -> float:
        """NaN where there is no figure."""
        values = self.values(name)
        return statistics.median(values) if values else float("nan")

    def values(self, name: str) -> list[float]:
        """The figure of each run."""
        return [figures[name] for figures in self.figures if name in figures]


@dataclass(frozen=True)
class Mark:
    """What a figure of the first contestant is held to: ours / theirs, or theirs / ours where small is good."""

    against: str
    figure: str
    theirs: str
    at_least: float
    goal: float


def contest(contestants: Sequence[Contestant], repeats: int) -> None:
    """All of them ``repeats`` times, interleaved, so that a busy minute hits all alike."""
    for number in range(repeats):
        for one in contestants:
            if one.problem:
                continue
            began = time.perf_counter()
            one.run()
            seconds = time.perf_counter() - began
            print(f"  {number + 1}/{repeats} {one.name}: {one.problem or f'{seconds:.0f} s'}", file=sys.stderr)


def figures_table(contestants: Sequence[Contestant], names: Sequence[str]) -> list[str]:
    """Median (least to greatest) of each figure."""
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for one in contestants:
        cells = [one.problem or _spread(one, name) for name in names]
        lines.append(f"| {one.name} | " + " | ".join(cells) + " |")
    return lines


def marks_table(what: str, ours: Contestant, others: Sequence[Contestant], marks: Sequence[Mark]) -> list[str]:
    """One line a mark: ratio, the least that is asked for, the goal beyond, and whether it is met."""
    lines = []
    for mark in marks:
        other = next(one for one in others if one.name == mark.against)
        ratio = ours.median(mark.figure) / other.median(mark.theirs)
        met = "not measured" if math.isnan(ratio) else "met" if ratio >= mark.at_least else "**not met**"
        met = "goal met" if ratio >= mark.goal else met
        shown = "–" if math.isnan(ratio) else f"{ratio:.2f}×"
        lines.append(f"| {what} | {mark.against} | {shown} | {mark.at_least:g}× | {mark.goal:g}× | {met} |")
    return lines


MARKS_HEAD = ["| what | against | ratio | at least | goal beyond | |", "|---|---|---|---|---|---|"]


def _spread(one: Contestant, name: str) -> str:
    values = one.values(name)
    if not values:
        return ""
    return f"{_short(one.median(name))} ({_short(min(values))}–{_short(max(values))})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> str:
    """Processor, cores, load, versions, date: what figures mean nothing without."""
    info = Path("/proc/cpuinfo")
    models = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    cores = f"{os.cpu_count()} cores, {models[0] if models else platform.machine()}"
    return f"{when}; {cores}; load {load}; Python {platform.python_version()}; one thread each (OMP_NUM_THREADS=1)"


class AnonymousMemory:
    """Peak anonymous memory (RssAnon, MB) of this process while the block runs."""

    def __enter__(self) -> AnonymousMemory:
        self.peak, self._stop = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.peak = max(self.peak, anonymous_mb())


def anonymous_mb() -> float:
    """RssAnon of this process now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return float("nan")


def report(**figures: float) -> None:
    """The last line of a contestant."""
    print(json.dumps(figures), flush=True)
