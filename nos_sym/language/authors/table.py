"""How the authors' log writes operations: one table, filled by :func:`write` and by nothing else.

The rows of the paper's operations stand below; a plug-in calls :func:`write` for its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nos_sym.errors import RuleError
from nos_sym.language.format_fields import check_fields
from nos_sym.language.operation import Operation
from nos_sym.language.registry import REGISTRY
from nos_sym.language.rule import Momentum

TAGS: dict[Momentum, str] = {
    Momentum.NONE: "None",
    Momentum.MOMENTUM: "Mom",
    Momentum.NESTEROV: "Nest",
}
"""Momentum types (Table 1) as the log writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the log writes one operation; ``{0}`` and ``{1}`` are operands, ``{rate}`` a parameter.

    Attributes:
        update: format string in an update equation; ``None`` where the log has it there in no form.
        decay: format string in a decay function, or ``None``.
        values: values of the first parameter that the log can express.
        literals: numbers that the log allows as the last operand of an update, beside the named operands.
    """

    update: str | None = None
    decay: str | None = None
    values: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()

    def text(self, in_decays: bool) -> str | None:
        """Return the format string in a decay function or in an update."""
        return self.decay if in_decays else self.update


@dataclass(frozen=True, slots=True)
class Call:
    """A format string that is a call of a function.

    Attributes:
        name: name of the function in the log.
        absolute: whether the argument stands between bars, as in ``ln(|x|)``.
        second: ``"1"`` for a second operand, the name of a parameter, or ``None``.
    """

    name: str
    absolute: bool
    second: str | None

    @property
    def arity(self) -> int:
        """Number of arguments between the parentheses, parameters included."""
        return 1 if self.second is None else 2


_CALL = re.compile(r"(?P<name>\w+)\((?P<bar>\|?)\{0\}(?P=bar)(?:, \{(?P<second>\w+)\})?\)")
_LEAF = re.compile(r"[A-Za-z_]\w*")
_SIGNS = frozenset(
    (
        *("neg", "abs", "recip", "dsoft", "sigmoid", "softplus", "softsign", "scale"),
        *("add", "sub", "mul", "div", "rdiv", "abspow", "pow", "wmean"),
    )
)
"""Operations that have a rule of their own in ``grammar/authors.lark``, which bears their name."""

TABLE: dict[str, Form] = {}
"""Operation to its form; what is not here the log cannot say."""

_UNWRITTEN = Form()


def write(
    operation: str,
    *,
    update: str | None = None,
    decay: str | None = None,
    values: tuple[str, ...] = (),
    literals: tuple[str, ...] = (),
) -> None:
    """Say how the log writes an operation, for example ``write("erf", update="erf({0})")``.

    The arguments are the attributes of :class:`Form`. An operation that has a parameter needs the ``values``
    that it may have in the log, which a call writes (``drop({0}, {rate})``) or, where there is only one,
    implies (``expMovAvg({0})``).

    Raises:
        RuleError: the operation is unknown or written twice, its form is already that of another one, or the
            parser could not read the same operation from it.
    """
    if operation not in REGISTRY:
        raise RuleError(f"the authors' syntax cannot write '{operation}': register the operation first")
    if operation in TABLE:
        raise RuleError(f"operation '{operation}' is written twice in the authors' syntax")
    form = Form(update=update, decay=decay, values=values, literals=literals)
    parameters = [p.name for p in REGISTRY[operation].parameters]
    operands = [str(index) for index in range(REGISTRY[operation].arity)]
    for in_decays in (False, True):
        text = form.text(in_decays)
        if text is not None:
            _check_readable(REGISTRY[operation], text)
            _check_complete(REGISTRY[operation], text, values)
            _check_free(text, in_decays)
            said = f"the authors' form of operation '{operation}'"
            check_fields(text, [*operands, *parameters], operands, said, RuleError, brackets=())
    TABLE[operation] = form


def form_of(operation: str) -> Form:
    """Return how the log writes an operation; a form without format strings where it cannot."""
    return TABLE.get(operation, _UNWRITTEN)


@lru_cache(maxsize=1024)
def call_of(text: str | None) -> Call | None:
    """Return the call that a format string is, or ``None`` where it is none."""
    match = _CALL.fullmatch(text or "")
    return Call(match["name"], match["bar"] == "|", match["second"]) if match else None


def leaf_of(text: str | None) -> str | None:
    """Return the name that a format string is, or ``None`` where it has operands."""
    return text if text is not None and _LEAF.fullmatch(text) else None


def _check_readable(operation: Operation, text: str) -> None:
    if call_of(text) is None and leaf_of(text) is None and operation.name not in _SIGNS:
        raise RuleError(
            f"the authors' syntax cannot read '{text}' for '{operation.name}'; expected a name, or a call "
            "such as 'name({0})' or 'name({0}, {1})'"
        )


def _check_complete(operation: Operation, text: str, values: tuple[str, ...]) -> None:
    """Raise for a form that two different nodes would share."""
    if any(f"{{{index}}}" not in text for index in range(operation.arity)):
        raise RuleError(f"the form '{text}' of '{operation.name}' leaves an operand out")
    # The number of a dropout mask follows from the place in the text.
    constants = operation.parameters[:-1] if operation.optional else operation.parameters
    if len(constants) > 1:
        raise RuleError(f"the authors' syntax cannot write '{operation.name}': it has several parameters")
    for constant in constants:
        if not values:
            raise RuleError(
                f"the form '{text}' of '{operation.name}' needs the values of its {constant.name}"
            )
        call = call_of(text)
        if call is not None and len(values) > 1 and call.second != constant.name:
            raise RuleError(f"the form '{text}' of '{operation.name}' leaves its {constant.name} out")


def _check_free(text: str, in_decays: bool) -> None:
    # A name alone says what it is in updates and decay functions alike; a call depends on its argument.
    columns = (in_decays,) if leaf_of(text) is None else (False, True)
    for other, known in TABLE.items():
        if _spelling(text) in [_spelling(known.text(column)) for column in columns]:
            raise RuleError(f"the authors' syntax has '{text}' already, for '{other}'; choose another form")


def _spelling(text: str | None) -> str | None:
    """Return what tells a form from others: the name of a function, else the whole format string."""
    call = call_of(text)
    return text if call is None else call.name


write("g", update="g")
write("id", update="id({0})", decay="id({0})")
write("neg", update="-({0})")
write("ln", update="ln(|{0}|)")
write("sqrt", update="sqrt(|{0}|)", decay="sqrt({0})")
write("exp", update="exp({0})")
write("abs", update="|{0}|")
write("erf", update="erf({0})", decay="erf({0})")
write("erfc", update="erfc({0})", decay="erfc({0})")
write("arcsinh", update="arcsinh({0})")
write("tanh", update="tanh({0})", decay="tanh({0})")
write("arctan", update="arctan({0})", decay="arctan({0})")
write("recip", update="1/({0})")
write("i1e", update="bessel_i1e({0})", decay="bessel_i1e({0})")
write("sigmoid", update="sig({0})", decay="1/(1+exp(-{0})")
write("dsoft", update="1/(1+|{0}|)", decay="deriv_soft({0})")
write("softplus", update="ln(|1+exp({0})|)")
write("softsign", update="{0}/(1+|{0}|)", decay="{0}/(1+|{0}|)")
write("dtanh", decay="deriv_tanh({0})")
write("dsig", decay="deriv_sig({0})")
write("add", update="({0})+({1})", decay="({0})+({1})")
write("sub", update="({0})-({1})", decay="({0})-({1})")
write("mul", update="({0})*({1})", decay="({0})*({1})")
write("max", update="max({0}, {1})", decay="max({0}, {1})", literals=("0",))
write("min", update="min({0}, {1})", decay="min({0}, {1})", literals=("0",))
write("div", update="({0}) / ({1})", decay="({0}) / ({1})")
write("rdiv", update="({0}) / (sqrt(1+({1})^2))", decay="({0}) / (sqrt(1+({1})^2))")
write("clip", update="clip({0}, {1})")
write("wmean", update="(0.95*({0})+0.05*({1}))", values=("0.95",))
write("abspow", update="(|{0}|)^({1})")
write("pow", decay="({0})^2", values=("2",))
write("scale", update="[{0}][{1}]")
write("ema_hat", update="expMovAvg({0})", values=("0.95",))
write("delta", update="deltaChange({0})")
write("running_max", update="MaxValue({0})")
write("drop", update="drop({0}, {rate})", values=("0.5", "0.3", "0.1"))
write("clip_norm", update="norm({0})")

for _index in range(1, 15):
    write(f"a{_index}", decay=f"a{_index}")
