"""Who comes from whom in a small event record."""

import awkward as ak
import numpy as np
import pytest
from generation.ancestry import STRANGE, TAU, Ancestry, B, C, inherited, kinds


@pytest.mark.parametrize(
    ("pid", "bits"),
    [(511, B), (-5122, B), (541, B), (421, C), (4122, C), (443, 0), (10443, 0), (553, B), (-15, TAU), (310, STRANGE),
     (3122, STRANGE), (211, 0), (5, 0), (4, 0), (21, 0), (22, 0), (4203, 0), (2212, 0)],
)  # fmt: skip
def test_kinds(pid, bits):
    assert kinds(np.array([pid])) == bits


def test_inherited_is_the_walk_up_the_tree():
    random = np.random.default_rng(1)
    mother = np.array([0, *(random.integers(0, i) for i in range(1, 400))])
    bits = random.choice([0, 1, 2, 4], 400, p=[0.9, 0.04, 0.03, 0.03])

    def walk(i):
        return bits[i] if mother[i] == i else bits[i] | walk(mother[i])

    assert np.array_equal(inherited(bits, mother), [walk(i) for i in range(400)])


def event():
    """B** → B0 π, B0 → D*- μ+, D*- → D- π0, D- → K_S π-, K_S → π π; a fragmentation pion with a range of mothers."""
    rows = [  # id, mother1, mother2
        (90, 0, 0), (5, 0, 0), (-5, 0, 0), (10521, 1, 2), (511, 3, 0), (211, 3, 0), (-413, 4, 0), (-13, 4, 0),
        (-411, 6, 0), (111, 6, 0), (310, 8, 0), (-211, 8, 0), (211, 10, 0), (-211, 10, 0), (211, 1, 2),
    ]  # fmt: skip
    names = ("id", "mother1", "mother2")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def test_ancestry_of_each_event_of_a_batch():
    one = event()
    particles = ak.zip({name: [values, values] for name, values in one.items()})
    ancestry = Ancestry(particles)
    origin = ancestry.jagged(ancestry.origin).tolist()
    assert origin[0] == origin[1]
    assert origin[0][5] == 0  # the strong decay of the B**
    assert origin[0][7] == origin[0][9] == B  # the strong decay of the D*
    assert origin[0][11] == B | C
    assert origin[0][12] == origin[0][13] == B | C | STRANGE
    assert origin[0][14] == 0  # a string hands nothing on
    last = ancestry.jagged(ancestry.last(B)).tolist()
    assert [i for i, is_last in enumerate(last[0]) if is_last] == [4]  # not the B** that becomes it
