"""Ancestry: which particles come from the decay of a heavy hadron or of a tau lepton."""

import awkward as ak
import numpy as np

B, C, TAU, STRANGE = 1, 2, 4, 8
"""Bits of what a particle is or comes from."""
LONG_LIVED = (310, 3122, 3112, 3222, 3312, 3322, 3334)


def kinds(pid):
    """The bit of each particle: hadrons with a b quark, open charm, tau leptons, strange ones that fly far; or 0."""
    pid = np.abs(pid)
    digits = [(pid // 10**n) % 10 for n in (1, 2, 3)]
    hadron = (pid > 100) & (pid < 100_000) & (digits[0] > 0)
    charmonium = (digits[0] == 4) & (digits[1] == 4) & (digits[2] == 0)
    beauty = hadron & ((digits[1] == 5) | (digits[2] == 5))
    charm = hadron & ~beauty & ~charmonium & ((digits[1] == 4) | (digits[2] == 4))
    return B * beauty + C * charm + TAU * (pid == 15) + STRANGE * np.isin(pid, LONG_LIVED)


def inherited(bits, mother):
    """Bits of each particle and of all its ancestors; one without a mother is its own.

    Each round looks twice as far back as the one before.
    """
    while True:
        more = bits | bits[mother]
        if np.array_equal(more, bits):
            return bits
        bits, mother = more, mother[mother]


class Ancestry:
    """Flat arrays over all particles of a batch of events: what each is, and all that it comes from.

    Only what decays weakly is handed on, so that the pion of D* → D π is of the vertex where the D* was made; and only
    by single mothers (decays, copies): a hadron does not inherit from the partons of a string.
    """

    def __init__(self, particles):
        count = ak.to_numpy(ak.num(particles.id))
        first = np.repeat(np.cumsum(count) - count, count)
        mothers = [ak.to_numpy(ak.flatten(particles[k])) for k in ("mother1", "mother2")]
        self.count = count
        self.kind = kinds(ak.to_numpy(ak.flatten(particles.id)))
        self.mother = first + mothers[0]
        single = (mothers[1] == 0) | (mothers[1] == mothers[0])
        weak = (self.kind & STRANGE) | sum(bit * self.last(bit) for bit in (B, C, TAU))
        self.origin = inherited(weak, np.where(single, self.mother, np.arange(len(first))))

    def last(self, bit):
        """Which particles are of a kind and have no daughter of it: hadrons that decay weakly."""
        of_kind = (self.kind & bit) > 0
        repeated = np.zeros(len(of_kind), bool)
        repeated[self.mother[of_kind]] = True
        return of_kind & ~repeated

    def jagged(self, flat):
        """A flat array as one list an event."""
        return ak.unflatten(flat, self.count)
