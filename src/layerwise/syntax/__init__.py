"""Text to a lossless tree, and edits back to text."""
