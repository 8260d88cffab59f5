#!/bin/sh
# Joins a network as the user that trustmonitor-agent.service runs as, so that the keys are made in
# its folder and belong to it from the start.
set -eu
if [ $# -ne 3 ]; then
  echo 'usage: trustmonitor-agent-join URL TOKEN NAME' >&2
  exit 2
fi
exec systemd-run --quiet --pipe --wait --collect --unit=trustmonitor-agent-join \
  --property=DynamicUser=yes --property=User=trustmonitor-agent \
  --property=StateDirectory=trustmonitor-agent --property=StateDirectoryMode=0700 \
  --property=EnvironmentFile=/etc/trustmonitor/agent.env \
  /usr/local/bin/trustmonitor agent join --url "$1" --token "$2" --name "$3" \
  --data /var/lib/trustmonitor-agent
