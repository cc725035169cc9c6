"""``python -m layerwise.cli``."""

from layerwise.cli.main import main

if __name__ == "__main__":
    main()
