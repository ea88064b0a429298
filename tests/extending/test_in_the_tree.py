"""``sinh`` in the source tree: a row in each consumer's table, and the same files as from the plug-in."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from support.plugins import install, python

# What a change of the source tree adds, by file.
ROWS = {
    "operations/elementwise.py": """
unary(
    "sinh",
    "hyperbolic sine",
    "sinh(x)",
    standard=True,
    meaning=Meaning(
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        range=increasing(lambda x: math.copysign(math.inf, x) if abs(x) > 700 else math.sinh(x)),
        reference=lambda xp, x: xp.sinh(x),
    ),
    noun="sinh",
)
""",
    "backends/torch/spellings.py": 'spell("torch", "sinh", "torch.sinh({0})")\n',
    "backends/tensorflow/spellings.py": 'spell("tensorflow", "sinh", "tf.math.sinh({0})")\n',
    "backends/keras/spellings.py": 'spell("keras", "sinh", "ops.sinh({0})")\n',
    "backends/optax/spellings.py": 'spell("optax", "sinh", "jnp.sinh({0})")\n',
    "backends/python/spellings.py": 'spell("python", "sinh", "math.sinh({0})")\n',
    "backends/latex/forms.py": 'write("sinh", r"\\sinh({0})")\n',
    "language/plain_table.py": 'plain("sinh", lambda s, x: s.sinh(x))\n',
}
RENDER = """
import json, nos_sym
rule = nos_sym.parse("S = momentum ~ [a2] sinh(v_hat) / (sinh(w) + 2) + sinh(-g)")
texts = {backend: nos_sym.render(rule, backend) for backend in nos_sym.BACKENDS}
first, second = (nos_sym.key_of(nos_sym.parse(f"none ~ {text}")) for text in ("sinh(-g)", "-sinh(g)"))
texts["odd"] = first == second
texts["file"] = nos_sym.__file__
print(json.dumps(texts))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """Return a folder with the package as it is once installed, and sinh in its tables."""
    folder = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "nos_sym", folder / "nos_sym", ignore=ignored)
    for name in ("grammar", "backends"):
        shutil.copytree(repository / name, folder / "nos_sym" / name, ignore=ignored)
    for name, text in ROWS.items():
        path = folder / "nos_sym" / name
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return folder


def test_the_tree_and_the_plug_in_give_the_same_files(tree: Path, tmp_path: Path) -> None:
    # Without site, whose finder of the installed package comes before the folder, and without this folder.
    libraries = [Path(entry) for entry in sys.path if entry]
    found = []
    for options, paths in ((["-S", "-P"], [tree, *libraries]), ([], [install(tmp_path, "sinh")])):
        done = python([*options, "-c", RENDER], *paths)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    own, added = found
    assert Path(own.pop("file")).is_relative_to(tree)
    assert not Path(added.pop("file")).is_relative_to(tree)
    assert own == added
    assert "torch.sinh(" in own["torch"]
    assert own["odd"] is True


TWICE = """
import nos_sym
for attempt in range(2):
    try:
        nos_sym.render(nos_sym.catalog.entry("SGD"), "torch")
    except nos_sym.NosSymError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("file", "row", "message"),
    [
        (
            "operations/elementwise.py",
            'unary("sinh", "hyperbolic sine", "sinh(x)", meaning=Meaning(reference=math.sihn))\n',
            "the import of the operations fails: AttributeError: module 'math' has no attribute 'sihn'",
        ),
        (
            "operations/elementwise.py",
            'unary("sinh", "hyperbolic sine", "sinh(x)", digest="tanh")\n',
            "the import of the operations fails: the digest 'tanh' of operation 'sinh' is another's",
        ),
        (
            "backends/torch/spellings.py",
            'spel("torch", "sinh", "torch.sinh({0})")\n',
            "the import of backend 'torch' fails: NameError: name 'spel' is not defined",
        ),
    ],
)
def test_a_row_that_is_wrong_is_what_the_error_is_about(
    tree: Path, tmp_path: Path, file: str, row: str, message: str
) -> None:
    shutil.copytree(tree, tmp_path / "tree")
    path = tmp_path / "tree" / "nos_sym" / file
    text = path.read_text(encoding="utf-8").removesuffix(ROWS[file])
    path.write_text(text + row, encoding="utf-8")
    libraries = [Path(entry) for entry in sys.path if entry]
    done = python(["-S", "-P", "-c", TWICE], tmp_path / "tree", *libraries)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == second
    assert first.startswith(message)
    assert f"('{path.name}', line " in first
