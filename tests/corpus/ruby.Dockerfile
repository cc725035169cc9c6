FROM ruby:3.3-slim AS base
RUN apt-get update -qq && apt-get install --no-install-recommends -y \
      build-essential \
      libpq-dev \
      nodejs && \
    apt-get clean
WORKDIR /rails
COPY Gemfile Gemfile.lock ./
RUN bundle config set --local without 'development test' && bundle install -j"$(nproc)"
COPY . .
RUN SECRET_KEY_BASE=dummy bin/rails assets:precompile
RUN groupadd --system --gid 1000 rails && \
    useradd rails --uid 1000 --gid 1000 --create-home --shell /bin/bash && \
    chown -R rails:rails db log storage tmp
USER 1000:1000
ENTRYPOINT ["/rails/bin/docker-entrypoint"]
CMD ["./bin/rails", "server"]
