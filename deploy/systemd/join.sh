#!/bin/sh
# Joins a network as the user that trustmonitor-agent.service runs as, so that the keys are made in
# its folder and belong to it from the start. The token is read from standard input: command lines are
# there for everybody on the machine to see, and in the journal.
set -eu
if [ $# -ne 2 ]; then
  echo 'usage: trustmonitor-agent-join URL NAME < TOKEN-FILE' >&2
  exit 2
fi
if [ -t 0 ]; then
  printf 'Join token: ' >&2
  trap 'stty echo' EXIT
  stty -echo
  read -r token
  echo >&2
else
  read -r token
fi
printf '%s\n' "$token" | systemd-run --quiet --pipe --wait --collect \
  --unit=trustmonitor-agent-join --description='A TrustMonitor agent joins' \
  --property=DynamicUser=yes --property=User=trustmonitor-agent \
  --property=StateDirectory=trustmonitor-agent --property=StateDirectoryMode=0700 \
  --property=EnvironmentFile=/etc/trustmonitor/agent.env \
  /usr/local/bin/trustmonitor agent join --url "$1" --name "$2" --data /var/lib/trustmonitor-agent
