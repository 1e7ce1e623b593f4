#!/usr/bin/env bash
# Install the speech engines that need PyTorch, for their tests: WhisperX's environment runs
# transformers as well. Some 3.9 GiB to fetch and 8 GB of disk, once: what is there stays. Where it
# cannot be had, their tests skip and say so; nothing else needs it.
set -euo pipefail
cd "$(dirname "$0")/.."

if timeout 600 .venv/bin/everyword engines install whisperx; then
    exit 0
fi
echo "NOT TESTED: the engines whisperx and transformers, which could not be installed (see above)"
