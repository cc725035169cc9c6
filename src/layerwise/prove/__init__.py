"""Whether a rewrite keeps its promise: the same image at the end."""
