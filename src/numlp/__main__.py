"""``python -m numlp`` is the ``numlp`` command."""

from .cli import main

main()
