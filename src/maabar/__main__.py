"""`python -m maabar` is the command `maabar`."""

from maabar import cli

if __name__ == "__main__":
    cli.main()
