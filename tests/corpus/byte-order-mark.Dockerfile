# syntax=docker/dockerfile:1
# about
FROM debian
RUN echo a \
  # c

  && echo b
ENV A=1 \
    B=2
CMD ["a"]
