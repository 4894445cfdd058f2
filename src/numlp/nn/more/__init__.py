"""One idea a file, read when it is needed."""
