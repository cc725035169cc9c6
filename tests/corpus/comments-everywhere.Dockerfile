# syntax=docker/dockerfile:1

# The base of it all,
# in two lines.
FROM debian AS base
# about the next
RUN true

# loose

#
# another block
#

RUN false # not a comment
COPY a b  # nor is this
# the end
