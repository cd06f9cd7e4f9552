"""`python -m sentivox`: the same as the `sentivox` command."""

from sentivox.cli import main

if __name__ == "__main__":
    main(prog_name="sentivox")
