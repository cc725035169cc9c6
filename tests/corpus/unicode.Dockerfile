FROM alpine
LABEL beschreibung="Größe ändern – schnell" 説明="日本語"
ENV GRUSS=Grüße, EMOJI=🐳
COPY --chown=app:app prüfung.txt "/ziel/ö/"
RUN echo "naïve café" > /ünï
# Kommentar: äöü
CMD ["echo", "\u00fcber", "🐳"]
