"""Where is the next hit of a track? A recurrent network learns it from the hits before, then goes on by itself."""

from hepdl import Chain, Sample
from hepdl.algorithms import Adam, Cosine, NextInSequence, Particles, Recurrent, RootReader, SequenceReport

chain = Chain(
    RootReader(Sample("tracks", "data/tracks/tracks.root"), tree="tracks", identity=["event"]),
    Particles("hits", ["hit_x", "hit_y", "hit_z"]),
    NextInSequence(
        network=Recurrent(inputs=["hits"], cell="GRU", layers=[64], answers="particle", output="next_hit"),
        steps=8,  # goes on for 8 hits
        seen=6,  # from the first 6
        epochs=40,
        batch_size=64,
        optimizer=Adam(rate=0.01),
        schedule=Cosine(),
    ),
    SequenceReport(sequence="hits", prediction="next_hit", continuation="continuation", seen=6, unit="m"),
)
