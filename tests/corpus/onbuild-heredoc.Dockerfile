FROM busybox
ONBUILD RUN <<-SETUP
	mkdir -p /data
	echo "ready" > /data/state
	SETUP
ONBUILD COPY <<one.txt <<two.txt /data/
first
one.txt
second
two.txt
ONBUILD HEALTHCHECK NONE
