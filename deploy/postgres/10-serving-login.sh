#!/bin/sh
# Run once by the image of PostgreSQL, when the database is made: the login under which MetaAgent serves. It is a member of
# metaagent_app and nothing more; tables and rights come with the migration.
set -eu
password=$(cat /run/secrets/serving_password)
psql --set=ON_ERROR_STOP=1 --set=password="$password" --username postgres --dbname metaagent <<'SQL'
create extension if not exists vector;
create role metaagent_owner nologin nosuperuser nocreatedb nocreaterole nobypassrls;
create role metaagent_app nologin nosuperuser nocreatedb nocreaterole nobypassrls;
create role metaagent_serving login nosuperuser nocreatedb nocreaterole nobypassrls password :'password';
grant metaagent_app to metaagent_serving;
SQL
