# syntax=docker/dockerfile:1
# ESCAPE = `
FROM mcr.microsoft.com/windows/nanoserver:1809 AS installer
USER ContainerAdministrator
RUN curl -SL --output tool.zip https://downloads.example.org/tool.zip && `
    tar -xf tool.zip -C "C:\tool" && `
    del tool.zip
FROM mcr.microsoft.com/windows/nanoserver:1809
COPY --from=installer ["C:/tool", "C:/Program Files/tool"]
RUN setx /M PATH "%PATH%;C:\Program Files\tool\"
