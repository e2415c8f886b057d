#!/bin/sh
# Starts the dashboard for others, in a container: on all addresses, with rules for visitors.
# The folders are the environment's (DIGITLAB_RUNS and so on), the port is PORT, or 8501.
set -eu
cd "$(dirname "$0")/../.."
if [ ! -e "$DIGITLAB_RUNS" ]; then # a new volume: with the examples, as everywhere
    mkdir -p "$(dirname "$DIGITLAB_RUNS")"
    cp -R runs "$DIGITLAB_RUNS"
fi
export DIGITLAB_SHARE=1
# In its place, so that it hears when the container is told to stop.
exec .venv/bin/python -m streamlit run dashboard.py \
    --server.headless=true --server.address=0.0.0.0 --server.port="${PORT:-8501}"
