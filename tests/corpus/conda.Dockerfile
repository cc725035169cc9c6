FROM continuumio/miniconda3:24.5.0-0
SHELL ["/bin/bash", "--login", "-c"]
COPY environment.yml /tmp/
RUN conda env create -f /tmp/environment.yml && conda clean -afy
RUN echo "conda activate lab" >> ~/.bashrc
ENV PATH /opt/conda/envs/lab/bin:$PATH
WORKDIR /lab
COPY notebooks/ notebooks/
COPY src/ src/
EXPOSE 8888/tcp
ENTRYPOINT ["conda", "run", "--no-capture-output", "-n", "lab"]
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
