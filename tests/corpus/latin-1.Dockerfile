FROM alpine
# Grφίe
LABEL a="δφό"
RUN echo cafι
