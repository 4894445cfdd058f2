"""``python -m numlp`` is the ``numlp`` command."""

from .cli.start import main

main()
