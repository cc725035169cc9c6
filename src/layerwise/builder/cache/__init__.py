"""The build cache that lasts: where it is kept, under which names, and what of it is brought in and sent out."""
