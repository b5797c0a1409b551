#!/bin/sh
# Makes the certificates of encrypted-database.test.ts anew, valid for a hundred years. Keys of the two CAs are thrown away; that of
# the server is for tests alone.
set -e
cd "$(dirname "$0")"
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
printf '%s\n' '[ca]' 'default_ca=tests' '[tests]' "dir=$made" "database=$made/index" "serial=$made/serial" "new_certs_dir=$made" 'default_md=sha256' \
  'policy=names' 'unique_subject=no' '[names]' 'commonName=supplied' \
  '[authority]' 'basicConstraints=critical,CA:TRUE' 'keyUsage=critical,keyCertSign,cRLSign' \
  '[server]' 'basicConstraints=critical,CA:FALSE' 'extendedKeyUsage=serverAuth' 'subjectAltName=DNS:localhost' > "$made/config"
: > "$made/index"
echo 01 > "$made/serial"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
sign() { openssl ca -batch -notext -config "$made/config" -startdate 20200101000000Z -enddate 21200101000000Z "$@"; }
for name in ca other-ca; do
  key "$made/$name.key"
  openssl req -new -key "$made/$name.key" -subj "/CN=Assay tests, $name" -out "$made/$name.csr"
  sign -selfsign -extensions authority -keyfile "$made/$name.key" -in "$made/$name.csr" -out "$name.pem"
done
key localhost.for-tests-only.key
openssl req -new -key localhost.for-tests-only.key -subj '/CN=localhost' -out "$made/localhost.csr"
sign -extensions server -cert ca.pem -keyfile "$made/ca.key" -in "$made/localhost.csr" -out localhost.pem
