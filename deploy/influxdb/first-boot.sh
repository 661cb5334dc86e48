#!/usr/bin/env bash
# Makes this device's own secrets when there are none yet, and lets the image's own entry point set InfluxDB up with
# them. The other containers read the token from the same volume; group 1000 is theirs.
set -euo pipefail

secrets=/run/secrets/habtwin
umask 077
mkdir -p "$secrets"

make_secret() {
  [ -s "$secrets/$1" ] && return
  od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >"$secrets/.$1"
  mv "$secrets/.$1" "$secrets/$1"
}
make_secret influx-token
make_secret influx-password

chown root:1000 "$secrets" "$secrets/influx-token"
chmod 0750 "$secrets"
chmod 0440 "$secrets/influx-token"

export DOCKER_INFLUXDB_INIT_MODE=setup
export DOCKER_INFLUXDB_INIT_USERNAME=habtwin
export DOCKER_INFLUXDB_INIT_ORG=habtwin
export DOCKER_INFLUXDB_INIT_BUCKET=habitat
DOCKER_INFLUXDB_INIT_PASSWORD=$(cat "$secrets/influx-password")
DOCKER_INFLUXDB_INIT_ADMIN_TOKEN=$(cat "$secrets/influx-token")
export DOCKER_INFLUXDB_INIT_PASSWORD DOCKER_INFLUXDB_INIT_ADMIN_TOKEN

exec /entrypoint.sh "$@"
