FROM rust:1.75-slim
WORKDIR /usr/src/thing
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() { println!("dummy"); }' > src/main.rs \
 && cargo build --release \
 && rm -rf src target/release/deps/thing*
COPY src ./src
RUN cargo build --release
CMD ["./target/release/thing"]
