"""Tables from files: CSV, Parquet and JSON."""
