#!/bin/sh
# Installs a coordinator or an agent from a built checkout as a systemd service.
#
#   npm ci && npm run build
#   sudo deploy/systemd/install.sh coordinator|agent [--keys FOLDER] [--root FOLDER] ...
#
# It may be run again: settings and keys that are there stay as they are, and the program is put
# beside the one before it and then switched to, so that what runs is never half new.
set -eu

usage() {
  cat <<'USAGE'
usage: install.sh coordinator|agent [options]
  --keys FOLDER       the folder that `trustmonitor keys init` has made (coordinator only)
  --ca FILE           certificate of the authority of the broker's certificates (PEM)
  --root FOLDER       install below this folder instead of / (for images and tests)
  --node FILE         the node program that the services run (default /usr/bin/node)
  --release NAME      name of the folder in /opt/trustmonitor/releases (default: version and time)
  --no-dependencies   leave node_modules out: you put them there
USAGE
}

fail() {
  echo "install.sh: $1" >&2
  exit "${2:-1}"
}

role=${1:-}
case $role in
  coordinator | agent) shift ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
root='' keys='' ca='' release='' node=/usr/bin/node dependencies=yes
while [ $# -gt 0 ]; do
  case $1 in
    --no-dependencies) dependencies=no; shift; continue ;;
    --keys | --ca | --root | --node | --release) [ $# -ge 2 ] || fail "$1 needs a value" 2 ;;
    *) usage >&2; exit 2 ;;
  esac
  case $1 in
    --keys) keys=$2 ;;
    --ca) ca=$2 ;;
    --root) root=${2%/} ;;
    --node) node=$2 ;;
    --release) release=$2 ;;
  esac
  shift 2
done

source=$(cd "$(dirname "$0")/../.." && pwd)
[ -f "$source/packages/cli/dist/main.js" ] || fail "$source is not built: run npm ci && npm run build"
[ -x "$node" ] || fail "there is no $node: name the program with --node"
"$node" -e 'const [a, b] = process.versions.node.split(".").map(Number);
  process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || fail "$node is older than Node 20.19"
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then fail 'this has to be run by root, or with --root'; fi

# The program: what `npm run build` made, and the packages that it needs at run time.
version=$("$node" -p "require('$source/package.json').version")
release=${release:-$version-$(date -u +%Y%m%dT%H%M%SZ)}
base=$root/opt/trustmonitor
target=$base/releases/$release
[ ! -e "$target" ] || fail "$target is there already: choose another --release"
umask 022
mkdir -p "$target"
(cd "$source" && tar -cf - --exclude=node_modules --exclude='*.tsbuildinfo' package.json \
  package-lock.json packages/*/package.json packages/*/dist packages/cli/bin \
  packages/coordinator/migrations packages/coordinator/pages docs/runbooks) | (cd "$target" && tar -xf -)
if [ "$dependencies" = yes ]; then
  (cd "$target" && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund)
fi
# A rename replaces the link in one step.
ln -sfn "releases/$release" "$base/next.$$"
mv -T "$base/next.$$" "$base/current"

mkdir -p "$root/usr/local/bin" "$root/etc/systemd/system" "$root/etc/trustmonitor"
cat > "$root/usr/local/bin/trustmonitor" <<WRAPPER
#!/bin/sh
exec $node /opt/trustmonitor/current/packages/cli/bin/trustmonitor.js "\$@"
WRAPPER
chmod 755 "$root/usr/local/bin/trustmonitor"

# The service, and its settings unless there are some.
here=$source/deploy/systemd
unit=trustmonitor-$role.service
sed "s#^ExecStart=/usr/bin/node #ExecStart=$node #" "$here/$unit" > "$root/etc/systemd/system/$unit"
settings=$root/etc/trustmonitor/$role.env
[ -e "$settings" ] || install -m 600 "$here/$role.env" "$settings"
[ -z "$ca" ] || install -m 644 "$ca" "$root/etc/trustmonitor/ca.pem"

if [ "$role" = agent ]; then
  install -m 755 "$here/join.sh" "$root/usr/local/bin/trustmonitor-agent-join"
fi

# The coordinator's keys; never the root's, nor the broker's operator: those stay offline.
secrets=$root/etc/trustmonitor/secrets
if [ "$role" = coordinator ]; then
  install -d -m 700 "$secrets"
  if [ -n "$keys" ]; then
    for name in root.json keyring.json; do
      [ -e "$root/etc/trustmonitor/$name" ] || install -m 644 "$keys/$name" "$root/etc/trustmonitor/$name"
    done
    for name in keys/coordinator-report.key keys/log.key keys/push.key keys/enrolment.key \
      keys/coordinator.nk keys/nats-account.nk admin.token secret.key; do
      [ -e "$secrets/${name#keys/}" ] || install -m 600 "$keys/$name" "$secrets/${name#keys/}"
    done
  fi
fi

echo "Installed $release. Next:"
echo "  - write your settings into /etc/trustmonitor/$role.env"
if [ "$role" = agent ]; then
  echo '  - trustmonitor-agent-join https://monitor.example NAME (it asks for the token)'
elif [ -z "$keys" ]; then
  echo '  - put the keys into /etc/trustmonitor (docs/operations.md), or use --keys'
fi
echo "  - systemctl daemon-reload && systemctl enable $unit && systemctl restart $unit"
