"""The hepdl_prepare pack: from the columns in the files to the features that networks read."""

from hepdl.hooks import Offer, hookimpl


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer("Define", "hepdl_prepare.define:Define", "A new column from an expression over columns"),
        Offer("Filter", "hepdl_prepare.filter:Filter", "Keep the events for which an expression is true"),
        Offer("Group", "hepdl_prepare.group:Group", "Several columns side by side as one"),
        Offer("Standardize", "hepdl_prepare.standardize:Standardize", "Columns as one group of mean 0 and width 1"),
    ]
