"""What exporters and shippers wrap around a record. Adding one is one entry in `table.py`."""
