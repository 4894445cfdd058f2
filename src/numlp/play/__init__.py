"""The playground: a page on which a net learns before one's eyes."""
