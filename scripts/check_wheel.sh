#!/usr/bin/env bash
# Builds source distribution and wheel with the python of the first argument, which has build and twine, checks what an
# index would show of them, installs the wheel into an environment of its own, and uses it from a folder outside the
# checkout: grammars, templates and catalog must be found there. The second argument is a folder that gets both.
set -euo pipefail

python=$(realpath -s "${1:-.venv/bin/python}")
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Built from a copy, so that no build folder of the checkout gets into the wheel; the wheel from what the source
# distribution has.
"$python" "$root/scripts/sources.py" "$scratch/source"
"$python" -m build --outdir "$scratch/dist" "$scratch/source" > "$scratch/build.log" 2>&1 ||
    { cat "$scratch/build.log" >&2; exit 1; }
"$python" -m twine --no-color check --strict "$scratch"/dist/*

"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install -q -c "$root/constraints.txt" "$scratch"/dist/*.whl

cd "$scratch"
nos_sym=$scratch/venv/bin/nos-sym
for backend in torch tensorflow keras optax latex; do
    "$nos_sym" render Opt4 --backend "$backend" -o "Opt4.$backend"
    test -s "Opt4.$backend"
done
"$scratch/venv/bin/python" -m py_compile Opt4.torch Opt4.tensorflow Opt4.keras Opt4.optax
"$nos_sym" parse 'Nest ~ (g)*(exp(arctan(v hat)))' --from authors --to nos
"$nos_sym" parse 'none ~ tanh(v_hat)' --from nos --to authors
"$nos_sym" list > /dev/null
"$nos_sym" show Opt7 > /dev/null
"$nos_sym" completion bash > /dev/null
# Pygments, which comes with Rich, finds the lexer of the language.
"$scratch/venv/bin/pygmentize" -l nos -f html <<< 'none ~ tanh(v_hat)' | grep -q 'tanh</span>'
"$scratch/venv/bin/python" - "$root" <<'PYTHON'
import sys
from pathlib import Path

import nos_sym
import nos_sym.backends
import nos_sym.grammar

for module in (nos_sym, nos_sym.backends, nos_sym.grammar):
    assert not Path(module.__file__).is_relative_to(sys.argv[1]), module.__file__
assert Path(nos_sym.grammar.__file__).with_name("language.json").is_file()
PYTHON
if [ "$#" -gt 1 ]; then
    mkdir -p "$root/$2"
    cp "$scratch"/dist/* "$root/$2/"
fi
echo "the wheel works outside the checkout"
