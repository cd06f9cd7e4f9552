"""The version of the package; the build and `sentivox --version` read it from here."""

__version__ = "0.2.0"
