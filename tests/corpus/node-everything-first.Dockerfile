FROM node:18
MAINTAINER Someone <someone@example.org>
ADD . /app
WORKDIR /app
RUN npm install
RUN npm install -g serve@14
RUN npm run build
RUN chown -R node:node /app
USER node
CMD serve -s build -l ${PORT}
