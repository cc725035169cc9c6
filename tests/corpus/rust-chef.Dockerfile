FROM rust:1.79 AS chef
RUN cargo install cargo-chef --locked
WORKDIR /app

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
RUN cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN cargo build --release --bin api

FROM debian:bookworm-slim AS runtime
RUN adduser --disabled-password --gecos '' api
COPY --from=builder --chmod=0755 /app/target/release/api /usr/local/bin
USER api
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/local/bin/api"]
