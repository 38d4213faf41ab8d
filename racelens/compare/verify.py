"""`racelens verify`."""
