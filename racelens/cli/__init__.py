"""The command line: one file per command. Parse, call, write, exit code; nothing else."""

from racelens.cli.app import main

__all__ = ["main"]
