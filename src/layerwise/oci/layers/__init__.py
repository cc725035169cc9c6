"""The layers of an image, read as they stream by and put on one another."""
