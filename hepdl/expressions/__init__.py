"""Expressions over columns, as physicists write them, without running anything as Python.

The text is parsed by Python's own parser and translated node by node into numpy operations; what is not known here
is refused. ``and``, ``or``, ``not`` work element by element, ``&&``, ``||`` and ``!`` mean the same, ``&`` and ``|``
combine conditions or the bits of integers. Integers are counted in 64 bits; a division by zero gives inf or NaN,
which the run reports by column.

A list of particles in each event meets the event's own values particle by particle. ``sum``, ``mean``, ``min``,
``max``, ``any``, ``all``, ``count``, ``len`` reduce it to one value an event (of no particles: ``min``, ``max`` and
``mean`` are NaN), ``part_pt[part_pt > 1]`` and ``leading(part_pt, 3)`` or ``part_pt[:3]`` keep some particles,
``part_pt[0]`` is the first one, NaN in events that have none; ``take(Muon_pt, Jet_muonIdx1)`` follows an index branch,
NaN where it is negative. Events are not numbered, so ``part_pt[:, 0]`` says the same as ``part_pt[0]``.

A name may have dots. Columns that share the name before the last dot and are called after components of a four-vector
can be used together: ``deltaR(FatJet, FatJet[0])``, ``(FatJet[0] + FatJet[1]).mass``, ``sum(FatJet).pt``.
"""

from hepdl.expressions.expression import ParsedExpression, need_mask, parse, type_of

__all__ = ["ParsedExpression", "need_mask", "parse", "type_of"]
