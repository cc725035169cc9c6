# syntax=docker/dockerfile:1
# check=skip=SecretsUsedInArgOrEnv;error=true
FROM node:22-slim AS base
ENV PNPM_HOME="/pnpm"
ENV PATH="$PNPM_HOME:$PATH"
RUN corepack enable

FROM base AS deps
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY patches ./patches
COPY --parents packages/*/package.json ./
RUN --mount=type=cache,id=pnpm,target=/pnpm/store,sharing=locked pnpm install --frozen-lockfile

FROM deps AS build
COPY . .
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required=true \
    --network=none \
    pnpm -r build

FROM base
COPY --from=build --link /app/dist /app
CMD ["node", "/app/main.js"]
