"""What the makers of samples in `data/` share: Pythia, detector, clustering, substructure, files.

pip install -e '.[generate]'        # pythia8mc 8.317.2, fastjet, vector
"""
