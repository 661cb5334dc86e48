#!/bin/sh
# The provisioned data source takes the token from the environment. The influxdb container makes it on its first boot:
# until then this ends with an error, and is started again.
set -eu
INFLUX_TOKEN=$(cat /run/secrets/habtwin/influx-token)
export INFLUX_TOKEN
exec /run.sh "$@"
