ARG CUDA=12.4.1
FROM nvidia/cuda:${CUDA}-cudnn-devel-ubuntu22.04
ENV DEBIAN_FRONTEND=noninteractive \
    TORCH_CUDA_ARCH_LIST="7.0;8.0;9.0+PTX"
RUN apt-get update && apt-get install -y python3-pip ffmpeg libsndfile1 && rm -rf /var/lib/apt/lists/*
RUN pip3 install torch==2.3.0 --index-url https://download.example.org/whl/cu121
COPY requirements*.txt constraints.txt ./
RUN pip3 install -r requirements.txt -c constraints.txt
COPY . /workspace
WORKDIR /workspace
RUN python3 setup.py develop
