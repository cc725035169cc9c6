"""The pictures of a montage: finding, judging and ordering them."""
