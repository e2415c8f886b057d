#!/bin/sh
# Installs Digit Lab into .venv beside it, for a server: what the Dockerfile does, and a test.
#   PYTHON=python3.12     another Python, 3.11 or newer
#   TORCH_INDEX=URL       an index that has PyTorch for processors alone, to save some gigabytes
#   PIP_OPTIONS=…         what else pip shall know
set -eu
cd "$(dirname "$0")/../.."
[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet --no-cache-dir"
if [ -n "${TORCH_INDEX:-}" ]; then
    $pip --constraint constraints.txt --index-url "$TORCH_INDEX" torch torchvision
fi
# Without the tests' tools. From the folder, not copied away: pages/ and runs/ lie beside core/.
# shellcheck disable=SC2086
$pip --constraint constraints.txt ${PIP_OPTIONS:-} --editable .
# Who runs it later may write nothing here.
.venv/bin/python -m compileall -q core pages dashboard.py
