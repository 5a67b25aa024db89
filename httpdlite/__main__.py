"""`python -m httpdlite` is the command `httpdlite`."""

from httpdlite.cli import run

if __name__ == "__main__":
    run()
