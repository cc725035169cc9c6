"""Makes the input manifest of a build that is about to begin."""
