"""Production: files of one class and one seed each, that are made once, and the look at what was written."""

import time

import awkward as ak
import numpy as np
import uproot

from generation.files import write


def make_file(path, want, generator, jets_of, constants, batch=500):
    """Write the first `want` jets of a generator, unless the file is there.

    `jets_of(particles, first)` gives the branches of the jets of a batch of events, the number of the first of which is
    `first`; `constants` are branches with one value for the whole file.
    """
    if path.exists():
        print(f"{path.name}: already there")
        return
    start, chunks, events, got = time.process_time(), [], 0, 0
    generator = generator()
    while got < want:
        particles = generator.nextBatch(batch).prt
        chunks.append(jets_of(particles, events))
        events, got = events + len(particles), got + len(chunks[-1]["event"])
    tree = {k: _joined([c[k] for c in chunks])[:want] for k in chunks[0]}
    tree |= {k: np.full(want, value) for k, value in constants.items()}
    write(path, tree, min(want, 1000))
    cpu = time.process_time() - start
    print(f"{path.name}: {got} jets of {events} events, {cpu:.0f} s CPU, {got / cpu:.1f} jets/s", flush=True)


def _joined(columns):
    return np.concatenate(columns) if isinstance(columns[0], np.ndarray) else ak.concatenate(columns)


def load(out, names, check_file, lists=False):
    """The branches of each class in a folder, flat ones alone unless `lists`.

    `check_file(arrays, name)` looks at each file and raises ValueError when it is broken.
    """
    jets = {}
    for name in names:
        paths = sorted(out.glob(f"{name}_*.root"))
        if not paths:
            raise FileNotFoundError(f"no {name}_*.root in {out}; run 'make' first")
        arrays = [uproot.open(path)["jets"].arrays() for path in paths]
        for path, one in zip(paths, arrays, strict=True):
            refuse_not_finite(one, path.name)
            check_file(one, path.name)
        every = ak.concatenate(arrays)
        kept = [k for k in every.fields if lists or every[k].ndim == 1]
        jets[name] = {k: ak.to_numpy(every[k]) if every[k].ndim == 1 else every[k] for k in kept}
        print(f"{name}: {len(paths)} files, {len(every)} jets")
    return jets


def refuse_not_finite(arrays, name):
    """Raise ValueError when a branch holds a number that is not finite."""
    bad = [k for k in arrays.fields if not np.all(np.isfinite(ak.to_numpy(ak.flatten(arrays[k], axis=None))))]
    if bad:
        raise ValueError(f"{name}: not finite: {', '.join(bad)}")


def refuse_twice(jets, *identity):
    """Raise ValueError when two jets have the same identity."""
    keys = np.stack([np.concatenate([flat[k] for flat in jets.values()]) for k in identity])
    if np.unique(keys, axis=1).shape[1] != keys.shape[1]:
        raise ValueError(f"two jets have the same {' and '.join(identity)}")
