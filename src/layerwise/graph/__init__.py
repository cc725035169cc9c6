"""The vertices of a build, the inputs of each cache key and the files of each COPY."""
