#!/bin/sh
# Certificates for nats-servers: an authority of your own, and one certificate for all the names given.
#
#   certificates.sh FOLDER NAME...       NAME is a host name or an IPv4 address
#
# FOLDER then holds ca.pem, ca.key (keep it offline), server.pem and server.key. Run again with other
# names, it makes a new server.pem under the same authority.
set -eu
[ $# -ge 2 ] || { echo 'usage: certificates.sh FOLDER NAME...' >&2; exit 2; }
folder=$1
shift
umask 077
mkdir -p "$folder"
cd "$folder"

if [ ! -e ca.key ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -subj '/CN=TrustMonitor broker authority' -keyout ca.key -out ca.pem \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2> /dev/null
fi
names=''
for name; do
  case $name in
    *[!0-9.]*) names="$names,DNS:$name" ;;
    *) names="$names,IP:$name" ;;
  esac
done
# Servers of a cluster are each other's clients.
cat > server.ext <<EXTENSIONS
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=${names#,}
EXTENSIONS
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -subj "/CN=$1" -keyout server.key -out server.csr 2> /dev/null
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 397 -extfile server.ext \
  -out server.pem 2> /dev/null
rm -f server.csr server.ext
chmod 644 ca.pem server.pem
echo "$folder/server.pem is good for 397 days, for: ${names#,}"
