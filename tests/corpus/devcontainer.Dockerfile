FROM mcr.microsoft.com/devcontainers/base:ubuntu
ARG USERNAME=vscode
ARG USER_UID=1000 USER_GID=$USER_UID
RUN groupadd --gid $USER_GID $USERNAME || true \
    && useradd -s /bin/bash --uid $USER_UID --gid $USER_GID -m $USERNAME || true \
    && echo $USERNAME ALL=\(root\) NOPASSWD:ALL > /etc/sudoers.d/$USERNAME
USER $USERNAME
