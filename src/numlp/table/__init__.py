"""A raw table -> a float32 matrix: what each column is, and how it is encoded."""
