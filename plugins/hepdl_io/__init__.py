"""Events from files of several formats, and columns back into files beside them."""

from hepdl.hooks import Offer, hookimpl


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer("RootReader", "hepdl_io.root_reader:RootReader", "events from ROOT files (TTree or RNTuple)"),
        Offer("RootWriter", "hepdl_io.root_writer:RootWriter", "friend trees, aligned entry by entry with the input"),
        Offer("Hdf5Reader", "hepdl_io.hdf5_reader:Hdf5Reader", "events from HDF5 files (plain or ATLAS structured)"),
        Offer("Hdf5Writer", "hepdl_io.hdf5_writer:Hdf5Writer", "HDF5 files, aligned entry by entry with the input"),
        Offer("ParquetReader", "hepdl_io.parquet_reader:ParquetReader", "events from Parquet and Arrow IPC files"),
        Offer("CsvReader", "hepdl_io.csv_reader:CsvReader", "events from CSV files, one a line"),
    ]
