"""A page on which a net learns before one's eyes, and the server behind it."""
