FROM python:3.12-alpine AS build
COPY --link <<EOF requirements.txt ./
flask==3.0.3
gunicorn==22.0.0
EOF
RUN pip install -r /EOF && python - <<'CHECK' > /versions
import flask, gunicorn
print(flask.__name__, gunicorn.__version__)
CHECK
FROM build
ENTRYPOINT ["/bin/sh", "/entrypoint.sh"]
COPY --chmod=0755 <<-"ENTRY POINT" /entrypoint.sh
	#!/bin/sh
	exec gunicorn "$@"
	ENTRY POINT
CMD ["app:app"]
