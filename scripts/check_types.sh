#!/usr/bin/env bash
# Checks types in the layout of an installation: grammar/ and backends/ of the checkout are nos_sym.grammar and
# nos_sym.backends there, which a type checker cannot know from the folders. The argument is the mypy to run.
set -euo pipefail

mypy=$(realpath -s "${1:-.venv/bin/mypy}")
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkdir "$scratch/nos_sym"
ln -s "$root"/nos_sym/* "$root/grammar" "$root/backends" "$scratch/nos_sym/"
cd "$scratch"
"$mypy" --config-file "$root/pyproject.toml" --cache-dir "$root/.mypy_cache/installed"
