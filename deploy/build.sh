#!/bin/sh
# Install Fanlight's server from this source tree into a folder of its own, and compile its kernels there.
# usage: deploy/build.sh TARGET [PYTHON]
set -eu
target=$1
python=${2:-python3}
source=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
"$python" -m venv "$target"
"$target/bin/pip" install --no-cache-dir "$source[server,zstd]"
NUMBA_CACHE_DIR="$target/kernels" "$target/bin/fanlight" warm en ko
install -m 755 "$source/deploy/serve.sh" "$target/bin/fanlight-serve"
chmod -R a+rX "$target"
