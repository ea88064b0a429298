"""Reserved words: those that begin statements, those of what cannot be said, and those of other languages."""

from __future__ import annotations

KEYWORDS = frozenset(("state", "if", "else", "where", "and", "or", "not", "in", "from"))
"""Words of the grammar."""

NO_OPERATIONS = (KEYWORDS - {"where"}) | {"none", "nesterov", "schedule", "ascent"}
"""What no operation is named; 'where' and 'momentum' are operations, too."""

UNSAID: dict[str, str] = {
    "input": "values that a training hands over beside the gradient, such as Hessian diagonals or the loss",
    "eval": "weights to evaluate at that differ from those that are trained",
    "matmul": "products of matrices",
    "transpose": "transposes of matrices",
    "svd": "decompositions of matrices",
    "qr": "decompositions of matrices",
    "eigh": "decompositions of matrices",
    "cholesky": "decompositions of matrices",
    "closure": "gradients and losses at other weights",
    "noise": "random numbers other than the masks of 'drop'",
}
"""What a block cannot say, and what it would mean."""

RESERVED = KEYWORDS | UNSAID.keys() | {"old"}
"""What no state and no value is named; what was before an assignment has a name of its own."""

_LOOP = "a block is one step, and has no loops: it runs at every step of a training"
_NAMES = "'x = ...' names a value, and 'state x' declares a state"
NO_STATEMENTS: dict[str, str] = {
    "return": "a block ends with the new weight, 'w <- ...'",
    "yield": "a block ends with the new weight, 'w <- ...'",
    **dict.fromkeys(("for", "while", "foreach", "repeat", "loop", "do", "break", "continue"), _LOOP),
    **dict.fromkeys(("let", "var", "const", "float", "double", "tensor", "auto"), _NAMES),
    **dict.fromkeys(("elif", "elseif", "elsif"), "write 'else if'"),
    **dict.fromkeys(
        (
            "def",
            "class",
            "lambda",
            "import",
            "function",
            "func",
            "fn",
            "with",
            "try",
            "raise",
            "assert",
            "del",
        ),
        "a rule is 'Name = none ~ ...' or 'Name = { ... }'",
    ),
    "pass": "leave it out",
    **dict.fromkeys(("State", "STATE", "states"), "a declaration is 'state m'"),
    "global": "a state of all parameters is 'state x: global'",
    "param": "a setting stands in the head, as in 'Name(beta=0.9) = { ... }'",
}
"""Words that begin statements elsewhere, and what to write."""


def unsaid(name: str) -> str:
    """Return that a reserved word cannot be said, and what it would mean."""
    return f"'{name}' cannot be said: {UNSAID[name]}"
