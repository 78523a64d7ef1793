"""The framework: order and names, events, plugins, the way of the data. It knows no algorithm by name."""

from importlib.metadata import version

from hepdl.chain import Chain
from hepdl.data.split import Split
from hepdl.description import Description, Expression, Input, Inputs, Output, parameter
from hepdl.samples import Samples
from hepdl.sources import Sample

__version__ = version("hepdl")
__all__ = ["Chain", "Description", "Expression", "Input", "Inputs", "Output", "Sample", "Samples", "Split", "parameter"]
