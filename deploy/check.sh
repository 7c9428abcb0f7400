#!/bin/sh
# Start what `build.sh` built, from a folder that cannot be written, until its kernels answer; ask it; stop it.
# usage: deploy/check.sh TARGET [PORT]
set -eu
target=$1
port=${2:-8099}
chmod -R a-w "$target"
PYTHONDONTWRITEBYTECODE=1 "$target/bin/fanlight-serve" --port "$port" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" || true; chmod -R u+w "$target"' EXIT
ask() {
  "$target/bin/python" -c "import sys, urllib.request as u; print(u.urlopen(u.Request(*sys.argv[1:2], data=sys.argv[2].encode() if sys.argv[2:] else None, headers={'content-type': 'application/json'}), timeout=5).read().decode())" "$@" 2>/dev/null
}
tries=0
until ask "http://127.0.0.1:$port/readyz" >/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "$target: is not ready after a minute"; exit 1; }
  sleep 1
done
ask "http://127.0.0.1:$port/v1/tag" '{"text": "Ann lives in Oslo."}' | grep -q '"type": "LOC"'
echo "$target: ready after about $tries s"
