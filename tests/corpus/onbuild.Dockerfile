FROM python:3.12
WORKDIR /usr/src/app
ONBUILD ARG EXTRAS=""
ONBUILD COPY requirements.txt /usr/src/app/
ONBUILD RUN pip install --no-cache-dir \
    -r requirements.txt
ONBUILD COPY . /usr/src/app
ONBUILD ENV APP_EXTRAS=${EXTRAS} LANG="C.UTF-8"
ONBUILD CMD ["python", "main.py"]
