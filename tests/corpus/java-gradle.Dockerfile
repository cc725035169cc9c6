FROM gradle:8-jdk17 AS BUILD
COPY --chown=gradle:gradle . /home/gradle/src
WORKDIR /home/gradle/src
RUN gradle build --no-daemon
FROM amazoncorretto:17
EXPOSE 8080 8443 9000-9002/udp
RUN mkdir /app
COPY --from=BUILD /home/gradle/src/build/libs/*.jar /app/app.jar
ENTRYPOINT exec java $JAVA_OPTS -jar /app/app.jar
