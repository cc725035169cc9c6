"""Runs the command line as `python -m montage`."""

from montage.cli import main

if __name__ == "__main__":
    main()
