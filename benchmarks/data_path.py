"""From ROOT files to shuffled batches on the host: hepdl, its peers and the limit, side by side.

    python benchmarks/data_path.py --scratch FOLDER [--weaver PYTHON] [--salt PYTHON] [--repeats 5] [--quick]

Files are made in the scratch folder (10 x 20k jets, 40 particles, 16 jagged and 13 flat branches, ZLIB). PYTHON is the
interpreter of a peer's own environment (benchmarks/peers/*.txt); a peer that is not given is left out. Each figure is
the median of fresh processes that take turns, with the least and the greatest.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from side_by_side import contest, ours
from side_by_side.contest import AnonymousMemory, Contestant, Mark, report
from side_by_side.jets import FLAT, LISTS, jet_files

BATCH = 512
STREAM_MB = 100.0


def costs_of(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time and processor time; the second hardly feels what else the machine does."""
    began, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - spent


def best(costs: Sequence[tuple[float, float]], events: int) -> dict[str, float]:
    """Events a second of wall and of processor time, in the best of a few epochs."""
    wall, cpu = zip(*costs, strict=True)
    return {"later": events / min(wall), "later_cpu": events / min(cpu)}


def cached(words: argparse.Namespace) -> None:
    """Epochs of shuffled batches over memory-mapped columns; ``memory`` megabytes or everything."""
    with AnonymousMemory() as memory:
        rows = ours.rows_of(ours.table_of(ours.reader(words.files), ours.cache_in(words.scratch)), words.memory)
        first, *later = [costs_of(lambda e=e: _iterate(rows, e)) for e in range(3)]
    report(first=len(rows) / first[0], anon_mb=memory.peak, threads=torch.get_num_threads(), **best(later, len(rows)))


def full(words: argparse.Namespace) -> None:
    """First pass and epochs of the full task: selection, new variables, scaling, clipping; over weaver's files."""
    with tempfile.TemporaryDirectory(dir=words.scratch) as folder, AnonymousMemory() as memory:
        tables = []
        files = words.files[: fewer(words)]
        wall, cpu = costs_of(lambda: tables.append(ours.full_table(files, ours.Cache(Path(folder)))))
        rows = ours.rows_of(tables[0], None, ours.FULL)
        later = [costs_of(lambda e=e: _iterate(rows, e, ours.FULL)) for e in range(3)]
    jets = words.jets * len(files)
    report(first=jets / wall, first_cpu=jets / cpu, anon_mb=memory.peak, threads=torch.get_num_threads(),
           **best(later[1:], len(rows)))  # fmt: skip


def fewer(words: argparse.Namespace) -> int:
    """Number of files that weaver reads, since it is slow."""
    return max(2, 2 * words.number // 5)


def _iterate(rows, epoch: int, columns: Sequence[str] = ours.COLUMNS) -> None:
    for _ in rows.batches(columns, BATCH, epoch):
        pass


def gather(words: argparse.Namespace) -> None:
    """The limit: one index a batch into memory-mapped particle-major values, nothing else."""
    path = words.scratch / "particle_major"
    offsets = torch.from_numpy(np.load(path.with_suffix(".offsets.npy")))
    flat = torch.from_numpy(np.load(path.with_suffix(".flat.npy")))
    values = np.memmap(path.with_suffix(".values"), "f4", "c", shape=(int(offsets[-1]), len(LISTS)))
    tensor = torch.from_numpy(values)
    later = [costs_of(lambda: _gather(tensor, offsets, flat)) for _ in range(3)]
    report(threads=torch.get_num_threads(), **best(later[1:], len(flat)))


def _gather(values: torch.Tensor, offsets: torch.Tensor, flat: torch.Tensor) -> None:
    order = torch.randperm(len(flat))
    for rows in torch.split(order, BATCH):
        starts = offsets[rows]
        lengths = offsets[rows + 1] - starts
        ends = torch.cumsum(lengths, 0)
        index = torch.repeat_interleave(starts - ends + lengths, lengths) + torch.arange(int(ends[-1]))
        values.index_select(0, index)
        flat.index_select(0, rows)


def first_pass(words: argparse.Namespace) -> None:
    """A run of the engine with an empty cache; its first pass and its statistics."""
    from hepdl.engine import run
    from hepdl.job import Job

    with tempfile.TemporaryDirectory(dir=words.scratch) as folder, AnonymousMemory() as memory:
        job = Job(cache=ours.Cache(Path(folder)))
        wall, cpu = costs_of(lambda: run(ours.first_pass_chain(words.files), job))
    jets = words.jets * len(words.files)
    report(first=jets / wall, first_cpu=jets / cpu, anon_mb=memory.peak, threads=torch.get_num_threads())


def iterate(words: argparse.Namespace, inflate: str = "zlib") -> None:
    """The limit: uproot reads the same branches and nothing is done with them."""
    import uproot

    uproot.compression._decompress_ZLIB.library = inflate

    branches = [*LISTS, *FLAT, "jet_tau1", "jet_tau2", "event", "label"]
    places = dict.fromkeys(words.files, "events")

    def read() -> None:
        for _ in uproot.iterate(places, branches, step_size=words.jets):
            pass

    wall, cpu = costs_of(read)
    jets = words.jets * len(words.files)
    report(first=jets / wall, first_cpu=jets / cpu, threads=1.0)


def iterate_isal(words: argparse.Namespace) -> None:
    """The same with the decompressor that hepdl uses."""
    iterate(words, "isal")


def shared(words: argparse.Namespace) -> None:
    """Wall time of one reading job, and of two at once on the same cache."""
    command = [sys.executable, __file__, "--one", "cached", "--scratch", words.scratch, "--jets", words.jets]
    command = [str(word) for word in [*command, "--number", words.number]]

    def together(jobs: int) -> float:
        began = time.perf_counter()
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(jobs)]
        assert all(code == 0 for code in [process.wait() for process in running])
        return time.perf_counter() - began

    one, two = together(1), together(2)
    report(one_s=one, two_s=two, share=one / two)


def prepare(words: argparse.Namespace) -> None:
    """Fill the cache, and write what the limit reads."""
    table = ours.table_of(ours.reader(words.files), ours.cache_in(words.scratch))
    path = words.scratch / "particle_major"
    lengths = np.concatenate([piece[LISTS[0]].lengths for piece in table.pieces])
    np.save(path.with_suffix(".offsets.npy"), np.concatenate([[0], np.cumsum(lengths)]))
    flat = [table.column(name) for name in [*FLAT, "label", "weight"]]
    np.save(path.with_suffix(".flat.npy"), np.stack(flat, 1).astype("f4"))
    with path.with_suffix(".values").open("wb") as file:
        for piece in table.pieces:
            file.write(np.stack([piece[name].values for name in LISTS], 1).tobytes())
    report(jets=float(len(table)))


PARTS = {each.__name__: each for each in (cached, full, gather, first_pass, iterate, iterate_isal, shared, prepare)}


def parsed() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, help="folder for files; a temporary one by default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small files, one repeat: to see that it runs")
    parser.add_argument("--weaver", type=Path, help="Python of weaver's environment")
    parser.add_argument("--salt", type=Path, help="Python of salt's environment")
    parser.add_argument("--jets", type=int, default=20_000, help="jets in a file")
    parser.add_argument("--number", type=int, default=10, help="files")
    parser.add_argument("--one", choices=PARTS, help="run one contestant in this process")
    parser.add_argument("--memory", type=float, help="megabytes for the events, with --one cached")
    words = parser.parse_args()
    if words.quick:
        words.jets, words.number, words.repeats = 300, 2, 1
    return words


def contestants(words: argparse.Namespace) -> dict[str, Contestant]:
    """All that take part."""
    here = ["--scratch", words.scratch, "--jets", words.jets, "--number", words.number]
    own = {name: [sys.executable, __file__, "--one", name, *here] for name in PARTS}
    entries = {
        "hepdl": own["cached"], "hepdl, pools": [*own["cached"], "--memory", STREAM_MB], "gather": own["gather"],
        "hepdl, first pass": own["first_pass"], "uproot.iterate": own["iterate"],
        "uproot.iterate, isal": own["iterate_isal"], "two jobs": own["shared"], "hepdl, full": own["full"],
    }  # fmt: skip
    peers = Path(__file__).parent / "peers"
    files = words.files[: fewer(words)]
    if words.weaver:
        loader = [words.weaver, peers / "weaver_data.py", words.scratch, BATCH]
        for task in ("plain", "full"):
            name = "weaver" if task == "plain" else "weaver, full"
            entries |= {name: [*loader, task, 0, *files], f"{name}, in memory": [*loader, task, 1, *files]}
    if words.salt:
        entries["salt"] = [words.salt, peers / "salt_data.py", words.scratch, BATCH]
    return {name: Contestant(name, command) for name, command in entries.items()}


def marks(found: dict[str, Contestant]) -> list[str]:
    """The marks of this room of the house."""
    cold, two = found["hepdl, first pass"], found["two jobs"]
    later = [
        Mark("gather", "later", "later", 0.7, 0.95), Mark("weaver", "later", "later", 25, 50),
        Mark("weaver, in memory", "later", "later", 8, 50), Mark("salt", "later", "later", 5, 50),
    ]  # fmt: skip
    first = [
        Mark("uproot.iterate", "first", "first", 0.5, 0.9),
        Mark("uproot.iterate, isal", "first", "first", 0.5, 0.9),
        Mark("weaver", "first", "first", 4, 4),
    ]
    missing = ("weaver", "weaver, in memory", "weaver, full", "weaver, full, in memory", "salt")
    others = [*found.values(), *(Contestant(name, []) for name in missing)]
    lines = contest.marks_table("cached epoch, jagged, shuffled", found["hepdl"], others, later)
    cpu = [Mark("gather", "later_cpu", "later_cpu", 0.7, 0.95)]
    lines += contest.marks_table("the same, of processor time", found["hepdl"], others, cpu)
    lines += contest.marks_table("first pass", cold, others, first)
    cpu = [Mark("uproot.iterate", "first_cpu", "first_cpu", 0.5, 0.9)]
    lines += contest.marks_table("the same, of processor time", cold, others, cpu)
    full_later = [
        Mark("weaver, full", "later", "later", 25, 50),
        Mark("weaver, full, in memory", "later", "later", 8, 50),
    ]
    lines += contest.marks_table("full task, cached epoch", found["hepdl, full"], others, full_later)
    full_first = [Mark("weaver, full", "first", "first", 4, 4)]
    lines += contest.marks_table("full task, first pass", found["hepdl, full"], others, full_first)
    lines += contest.marks_table("two jobs, one cache", two, others, [Mark("two jobs", "one_s", "two_s", 1 / 1.2, 1.0)])
    used = found["hepdl, pools"].median("anon_mb")
    met = "goal met" if used <= 300 else "met" if used <= 500 else "**not met**"
    return [*lines, f"| anonymous memory, pools of {STREAM_MB:g} MB | – | {used:.0f} MB | 500 MB | 300 MB | {met} |"]


def main() -> None:
    """Run everything in turn and print the tables."""
    words = parsed()
    temporary = None if words.scratch else tempfile.mkdtemp()
    words.scratch = Path(words.scratch or temporary).resolve()
    words.files = [str(path) for path in jet_files(words.scratch, words.number, words.jets)]
    if words.one:
        torch.set_num_threads(1)
        PARTS[words.one](words)
        return
    try:
        found = contestants(words)
        preparation = Contestant("prepare", [sys.executable, __file__, "--one", "prepare", "--scratch", words.scratch,
                                             "--jets", words.jets, "--number", words.number])  # fmt: skip
        contest.contest([preparation], 1)
        contest.contest(list(found.values()), words.repeats)
        print(contest.machine(), f"{words.number} x {words.jets} jets, {words.repeats} repeats", sep="; ", end="\n\n")
        columns = ["later", "later_cpu", "first", "first_cpu", "anon_mb", "one_s", "two_s", "threads"]
        print(*contest.figures_table(list(found.values()), columns), "", sep="\n")
        print(*contest.MARKS_HEAD, *marks(found), sep="\n")
    finally:
        if temporary:
            shutil.rmtree(temporary)


if __name__ == "__main__":
    main()
