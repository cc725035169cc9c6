# escape=`

FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]
WORKDIR C:\app
COPY bin\ C:\app\bin\
RUN New-Item -Path 'C:\logs' -ItemType Directory | Out-Null; `
    # a comment inside
    Set-ItemProperty -Path 'HKLM:\SOFTWARE\App' -Name Dir -Value 'C:\app'; `
    Remove-Item C:\temp -Recurse
ENV APP_HOME="C:\app" TITLE="say `"hi`""
ENTRYPOINT ["C:\\app\\bin\\app.exe"]
