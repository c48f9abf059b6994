#!/usr/bin/env bash
# Makes one virtual environment per peer, in the folder given (default: peers/ where it is called): about 4 GB, and two
# minutes. The versions are those of the published figures.
set -euo pipefail
root=${1:-peers}
mkdir -p "$root"

make_peer() {  # NAME PACKAGE...
  [ -x "$root/$1/bin/python" ] && return
  python3 -m venv "$root/$1"
  "$root/$1/bin/pip" install -q "${@:2}"
}

make_peer tensorflow tensorflow-cpu==2.21.0 keras==3.15.1
make_peer jax jax jaxlib keras==3.15.1
make_peer torch torch==2.13.0 keras==3.15.1
