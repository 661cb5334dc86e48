#!/bin/sh
# Makes this machine's own secrets when there are none yet: an authority, a certificate of the server, and the password
# of `receive`, which lies in a volume that only it and this container can read. There is no default password.
#   docker compose exec broker first-boot.sh add sam     a user for the gateway of the habitat sam: prints its password
#   docker compose exec broker first-boot.sh authority   the certificate that gateways have to believe (`ca:`)
set -eu

secrets=${MOSQUITTO_SECRETS:-/mosquitto/secrets}
shared=${HABTWIN_SECRETS:-/run/secrets/habtwin}
names=${MOSQUITTO_NAMES:-$(hostname)}
umask 077
mkdir -p "$secrets" "$shared"

new_password() { od -An -tx1 -N24 /dev/urandom | tr -d ' \n'; }

set_password() {
  [ -e "$secrets/passwords" ] || : >"$secrets/passwords"
  mosquitto_passwd -b "$secrets/passwords" "$1" "$2"
}

if [ "${1:-}" = add ]; then
  case ${2:-} in '' | *[!a-z0-9-]* | receive) echo "a habitat: lower-case letters, digits, hyphens" >&2 && exit 2 ;; esac
  password=$(new_password)
  set_password "$2" "$password"
  chown mosquitto: "$secrets/passwords" 2>/dev/null || true
  # in its container Mosquitto is process 1, and reads its users again
  if grep -qx mosquitto /proc/1/comm 2>/dev/null; then kill -HUP 1; fi
  echo "$password"
  exit
fi
if [ "${1:-}" = authority ]; then
  cat "$secrets/authority.crt"
  exit
fi

if [ ! -s "$secrets/authority.crt" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=mission control $(new_password | cut -c1-8)" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout "$secrets/authority.key" -out "$secrets/authority.crt" 2>/dev/null
fi
# a new one each time that it would last less than a month
if ! openssl x509 -checkend 2592000 -noout -in "$secrets/server.crt" >/dev/null 2>&1; then
  list="DNS:localhost,IP:127.0.0.1"
  for name in $names; do
    case $name in *[!0-9.]*) list="$list,DNS:$name" ;; *) list="$list,IP:$name" ;; esac
  done
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$list" >"$secrets/server.ext"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=mission control" \
    -keyout "$secrets/server.key" -out "$secrets/server.csr" 2>/dev/null
  openssl x509 -req -days 365 -in "$secrets/server.csr" -CA "$secrets/authority.crt" -CAkey "$secrets/authority.key" \
    -CAcreateserial -extfile "$secrets/server.ext" -out "$secrets/server.crt" 2>/dev/null
fi
if [ ! -s "$shared/broker-password" ]; then
  new_password >"$shared/.broker-password"
  set_password receive "$(cat "$shared/.broker-password")"
  # group 1000 is that of habtwin
  chown root:1000 "$shared" "$shared/.broker-password" 2>/dev/null || true
  chmod 0750 "$shared"
  chmod 0440 "$shared/.broker-password"
  mv "$shared/.broker-password" "$shared/broker-password"
fi
chown -R mosquitto: "$secrets" 2>/dev/null || true

exec "$@"
