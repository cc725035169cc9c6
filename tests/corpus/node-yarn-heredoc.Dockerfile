# syntax=docker/dockerfile:1
FROM node:20
WORKDIR /site
COPY package.json yarn.lock ./
RUN <<EOF
set -eux
yarn install --frozen-lockfile
yarn cache clean
EOF
COPY . .
RUN yarn build
COPY <<'NGINX' /etc/nginx/conf.d/site.conf
server {
    listen 80;
    location / {
        try_files $uri $uri/ /index.html;
    }
}
NGINX
CMD ["yarn", "start"]
