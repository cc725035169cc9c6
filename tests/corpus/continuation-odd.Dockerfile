FROM alpine
RUN echo one; \

    echo two; \
# a comment at the margin
    # a comment further in \
    echo three \	
    && echo four \\
RUN echo "five \
  six" \
  && : \
  
EXPOSE \
  80 \
  443
RUN echo trailing && \
