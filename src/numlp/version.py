"""The version of numlp, for whoever needs it without the package's face."""

__version__ = "0.2.0"
