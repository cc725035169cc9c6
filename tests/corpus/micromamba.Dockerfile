FROM mambaorg/micromamba:1.5.8
USER root
RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
USER $MAMBA_USER
COPY --chown=$MAMBA_USER:$MAMBA_USER conda-linux-64.lock /tmp/
RUN micromamba install -y -n base -f /tmp/conda-linux-64.lock \
 && micromamba clean --all --yes
ARG MAMBA_DOCKERFILE_ACTIVATE=1
RUN python -c 'import numba; print(f"numba {numba.__version__}")'
