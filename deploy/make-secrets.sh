#!/bin/sh
# Makes the secrets that compose.yaml mounts, in ./secrets, once: what is there stays as it is.
set -eu
cd "$(dirname "$0")/.."
umask 077
mkdir -p secrets
if [ -e secrets/secret_key ]; then
  echo 'secrets/ is there already; nothing was changed.'
  exit 0
fi
word() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
owner=$(word)
serving=$(word)
printf '%s' "$owner" > secrets/postgres_password
printf '%s' "$serving" > secrets/serving_password
printf 'postgres://postgres:%s@postgres:5432/metaagent' "$owner" > secrets/migration_url
printf 'postgres://metaagent_serving:%s@postgres:5432/metaagent' "$serving" > secrets/database_url
head -c 32 /dev/urandom | base64 > secrets/secret_key
# An engine mounts these files with the owner that they have here; the server is user 1000 in its container, PostgreSQL
# another. The folder keeps everybody else on this machine out.
chmod 0444 secrets/*
chmod 0700 secrets
echo 'Made secrets/. Keep secrets/secret_key apart from the backups of the database.'
