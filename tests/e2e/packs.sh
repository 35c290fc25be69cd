#!/usr/bin/env bash
# Packs, from a real nginx and a real registry of OCI images. Installs what is missing.
source "$(dirname "$0")/common.sh"

python_tools packs 'blake3>=1,<2'
PATH=$PATH:/usr/sbin
debian nginx nginx-light
debian docker-registry docker-registry
debian skopeo skopeo
debian openssl openssl
python3 -B "$root/tests/e2e/packs.py" "$BIRTHMARK"
