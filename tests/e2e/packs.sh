#!/usr/bin/env bash
# Packs, from a real nginx. Installs nginx if there is none.
source "$(dirname "$0")/common.sh"

python_tools packs 'blake3>=1,<2'
PATH=$PATH:/usr/sbin
debian nginx nginx-light
python3 "$root/tests/e2e/packs.py" "$BIRTHMARK"
