# syntax=docker/dockerfile:1
FROM postgres:16-alpine
ENV POSTGRES_DB=shop
COPY <<-INIT.SQL /docker-entrypoint-initdb.d/10-init.sql
	CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL);
	INSERT INTO item (name) VALUES ('${POSTGRES_DB}');
INIT.SQL
COPY --chown=postgres:postgres <<"conf" /etc/postgresql/postgresql.conf
shared_buffers = 256MB
# $not_expanded
log_line_prefix = '%m [%p] '
conf
CMD ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"]
