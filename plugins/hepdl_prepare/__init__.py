"""The hepdl_prepare pack: from the columns in the files to the features that networks read."""

from hepdl.hooks import Offer, hookimpl

OFFERS = {
    "balance": {"Balance": "Weights with which all classes have the same sum"},
    "clustering_order": {"ClusteringOrder": "The place of each particle in the clustering tree of its jet"},
    "drop_soft": {"DropSoft": "Augmentation: soft particles left out at random"},
    "flatten": {"Flatten": "Weights that give all classes the same distribution of some columns"},
    "flip_image": {"FlipImage": "Augmentation: images mirrored and turned by 90° at random"},
    "from_sklearn": {"FromSklearn": "Columns scaled by a fitted scaler of scikit-learn"},
    "log_scale": {"LogScale": "The logarithm of columns, of mean 0 and width 1"},
    "min_max": {"MinMax": "Columns from least to greatest value onto a range"},
    "one_hot": {"OneHot": "A category as a group of zeros and a one, of an event or of each particle"},
    "quantile_normalize": {"QuantileNormalize": "Columns with a uniform or normal distribution"},
    "regroup": {"Regroup": "Events again, with lists of what was found for each object"},
    "relative_to": {"RelativeTo": "Particles in the frame of their jet: deta, dphi, deltaR, log_ptrel, ..."},
    "rotate_jet": {"RotateJet": "Augmentation: particles turned around the axis of their jet"},
    "rotate_phi": {"RotatePhi": "Augmentation: an event turned around the beam"},
    "smear": {"Smear": "Augmentation: columns multiplied by a random factor"},
    "robust_scale": {"RobustScale": "Columns shifted by the median, divided by the interquartile range"},
}


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer("Define", "hepdl_prepare.define:Define", "A new column from an expression over columns"),
        Offer("EdgeList", "hepdl_prepare.edge_list:EdgeList", "Edges between particles, read from file and checked"),
        Offer("Filter", "hepdl_prepare.filter:Filter", "Keep the events for which an expression is true"),
        Offer("ForEach", "hepdl_prepare.for_each:ForEach", "Each object of a collection as an event of its own"),
        Offer("GoldenJson", "hepdl_prepare.golden_json:GoldenJson", "Keep the certified luminosity sections"),
        Offer("Group", "hepdl_prepare.group:Group", "Several columns side by side as one"),
        Offer("JetImage", "hepdl_prepare.jet_image:JetImage", "The constituents of a jet as an image"),
        Offer("P4", "hepdl_prepare.p4:P4", "Four-vectors: FatJet.mass, FatJet[0].pt, deltaR(a, b)"),
        Offer("Particles", "hepdl_prepare.particles:Particles", "Lists of particles side by side, ordered and cut"),
        Offer("Standardize", "hepdl_prepare.standardize:Standardize", "Columns as one group of mean 0 and width 1"),
        Offer("ToGeV", "hepdl_prepare.to_gev:ToGeV", "Energies of another unit in GeV"),
        *(Offer(n, f"hepdl_prepare.{m}:{n}", text) for m, each in OFFERS.items() for n, text in each.items()),
    ]
