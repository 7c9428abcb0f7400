#!/bin/sh
# Serve with the kernels that were compiled at build, from a place where nothing can be written but in /tmp.
# usage: fanlight-serve OPTIONS OF fanlight serve
set -eu
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cache=$(mktemp -d)
cp -R "$home/kernels/." "$cache" # Numba reads them in a folder alone that it can write to
export NUMBA_CACHE_DIR="$cache" XDG_CACHE_HOME="$cache"
exec "$home/bin/fanlight" serve "$@"
