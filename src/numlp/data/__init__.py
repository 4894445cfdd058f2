"""Tables in: any frame or array, labels, files, splits."""
