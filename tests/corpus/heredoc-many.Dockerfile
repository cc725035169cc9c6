# syntax=docker/dockerfile:1
FROM debian AS work
RUN <<FILE1 cat > file1 && <<FILE2 cat > file2
I am
first
FILE1
I am
second
FILE2
RUN python3 <<PY
import sys
print(f"hello from {sys.version}")
PY
RUN 3<<EOF cat <&3 >/third
third
EOF
COPY <<-"EOT" /script.sh
	#!/bin/sh
	# not a comment of the Dockerfile
	echo "$HOME" \
	  done
EOT
COPY --chmod=755 <<one <<two file3 /dest/
${work}
one
FROM nowhere
two
