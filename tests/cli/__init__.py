"""The rim: the real command line, run as a user runs it."""
