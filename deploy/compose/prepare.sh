#!/bin/sh
# Keys, certificates and passwords for compose.yaml, made once, in deploy/compose/state.
#
#   deploy/compose/prepare.sh NETWORK PASSPHRASE-FILE
#
# PASSPHRASE-FILE locks the root key. Afterwards move state/offline away from this machine.
# TRUSTMONITOR is the command, if it is not on PATH: TRUSTMONITOR='npx trustmonitor' prepare.sh ...
set -eu
[ $# -eq 2 ] || { echo 'usage: prepare.sh NETWORK PASSPHRASE-FILE' >&2; exit 2; }
network=$1
passphrase=$(readlink -f "$2")
here=$(cd "$(dirname "$0")" && pwd)
state=${TM_STATE:-$here/state}
[ ! -e "$state" ] || { echo "$state is there already: this network has its keys" >&2; exit 1; }
umask 077

${TRUSTMONITOR:-trustmonitor} keys init --data "$state/offline" --network "$network" \
  --passphrase-file "$passphrase" \
  --region eu-west=provider-a us-east=provider-b ap-south=provider-c > /dev/null
"$here/../nats/certificates.sh" "$state/offline/broker" nats-1 nats-2 nats-3 localhost 127.0.0.1

# What each service sees, and nothing more.
mkdir "$state/coordinator" "$state/nats"
offline=$state/offline
cp "$offline/root.json" "$offline/keyring.json" "$offline/broker/ca.pem" "$state/coordinator/"
for name in keys/coordinator-report.key keys/log.key keys/push.key keys/enrolment.key \
  keys/coordinator.nk keys/nats-account.nk admin.token secret.key; do
  cp "$offline/$name" "$state/coordinator/"
done
cp "$offline/broker/ca.pem" "$offline/broker/server.pem" "$state/nats/"
cp "$offline/nats-trust.conf" "$state/nats/trust.conf"
mv "$offline/broker/server.key" "$state/nats/"
cp "$offline/broker/ca.pem" "$state/"
# Written by join.sh, in place: a container has this very file.
touch "$state/prometheus.token"
chmod 644 "$state/ca.pem" "$state/prometheus.token"

# The servers run as 10001; coordinators as whoever owns their keys.
user=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then
  user=10001:10001
  chown -R 10001:10001 "$state/coordinator" "$state/nats"
else
  chmod -R a+rX "$state/nats"
  echo "state/nats is readable by others on this machine: run by root, prepare.sh keeps it closed" >&2
fi
random() { openssl rand -hex 24; }
cat > "${TM_ENV_FILE:-$here/.env}" <<ENVIRONMENT
TM_NETWORK=$network
TM_USER=$user
POSTGRES_PASSWORD=$(random)
GRAFANA_PASSWORD=$(random)
# Under which address people, and agents elsewhere, reach the API (a TLS proxy in front of both).
#TM_PUBLIC_URL=https://monitor.example
#TM_TRUSTED_PROXIES=172.16.0.0/12
# Under which address agents elsewhere reach the broker.
#TM_NATS_ADVERTISE=tls://nats.example:4222
#TM_DEADMAN_URL=https://heartbeat.example/ping/SECRET
# Sign-in with an identity provider (docs/console.md).
#TM_OIDC_ISSUER=https://id.example/realms/acme
#TM_OIDC_CLIENT_ID=trustmonitor
#TM_OIDC_CLIENT_SECRET=SECRET
#TM_OIDC_ADMINS=ada@acme.example
ENVIRONMENT
echo "Move $state/offline away from this machine: it holds the root key, and no server needs it."
