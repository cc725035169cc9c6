FROM python:3.12-slim
RUN <<EOF
#!/usr/bin/env python3
from pathlib import Path

Path("/made").write_text("by python\n")
EOF
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked <<-'EOF' bash -e
	apt-get update
	apt-get install -y "curl"
	EOF
RUN cat << EOF > /spaced
spaced
EOF
