"""`python -m racelens`."""

from racelens.cli import main

main()
