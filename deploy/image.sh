#!/bin/sh
# Build the image and start it where there is neither an engine nor a registry: Buildah, with Debian as its base.
# usage, as root: apt-get install buildah debootstrap; deploy/image.sh [TAG] [PORT]
set -eu
tag=${1:-fanlight}
port=${2:-8098}
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
base=$(sed -n 's/^FROM \([^ ]*\)$/\1/p' "$source/deploy/Dockerfile")
export STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}" BUILDAH_ISOLATION=chroot # both work inside a container, too
if ! buildah inspect --type image "docker.io/library/$base" >/dev/null 2>&1; then
  folder=$(mktemp -d)
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates trixie "$folder/root"
  ln -sf python3 "$folder/root/usr/bin/python"
  cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/" # this machine's, as of a proxy of a company
  printf 'FROM scratch\nCOPY root /\nENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt\n' >"$folder/Dockerfile"
  buildah build --tag "docker.io/library/$base" "$folder"
  rm -r "$folder"
fi
buildah build --pull-never --format docker --file "$source/deploy/Dockerfile" --tag "$tag" "$source"
container=$(buildah from --pull-never "$tag")
buildah run "$container" -- fanlight-serve --host 127.0.0.1 --port "$port" &
server=$!
trap 'pkill -TERM -P "$server" || kill "$server"; wait "$server" || true; buildah rm "$container" >/dev/null' EXIT
ask() {
  buildah run "$container" -- python -c "import sys, urllib.request as u; print(u.urlopen(u.Request(*sys.argv[1:2], data=sys.argv[2].encode() if sys.argv[2:] else None, headers={'content-type': 'application/json'}), timeout=5).read().decode())" "$@"
}
tries=0
until ask "http://127.0.0.1:$port/readyz" >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "$tag: is not ready after a minute"; exit 1; }
  sleep 1
done
ask "http://127.0.0.1:$port/v1/tag" '{"text": "Ann lives in Oslo."}' | grep -q '"type": "LOC"'
! buildah run "$container" -- touch /opt/fanlight/written 2>/dev/null || { echo "$tag: can write to itself"; exit 1; }
echo "$tag: built, started and asked"
