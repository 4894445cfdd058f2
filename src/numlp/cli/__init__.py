"""The ``numlp`` command: it parses, calls and prints; the other rooms do the work."""
