"""What a fit leaves behind: it predicts, lives in a file, and shows itself."""
