"""ROOT files in and friend trees out."""

from hepdl.hooks import Offer, hookimpl


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer("RootReader", "hepdl_io.root_reader:RootReader", "events from ROOT files (TTree or RNTuple)"),
        Offer("RootWriter", "hepdl_io.root_writer:RootWriter", "friend trees, aligned entry by entry with the input"),
    ]
