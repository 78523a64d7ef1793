"""``python -m hepdl`` is ``hepdl``."""

from hepdl.cli import main

if __name__ == "__main__":
    main()
