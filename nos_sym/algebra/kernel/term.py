"""Terms of the canonical form: interned atoms, monomials and polynomials with exact rational coefficients.

A polynomial is a sum of coefficients times monomials. A monomial is a product of factors ``(atom, q, s)``,
each of which means ``|atom|^q * sign(atom)^s`` with a rational ``q`` and ``s`` in {0, 1, 2}; ``s = 2`` is the
indicator ``atom != 0``. Powers are total, as the language's are: ``|0|^q`` is 0 for every q but 0, so that
``|x|^q |x|^-q`` is the indicator of x. Equal terms are one object, and every term carries a digest of its
structure: the order of factors and summands follows digests, so it depends neither on hashing nor on the
order in which terms were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from nos_sym.algebra.kernel.kinds import Bounds, Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Exponent = Fraction | int
Factor = tuple["Atom", Exponent, int]

ZERO, ONE, HALF = Fraction(0), Fraction(1), Fraction(1, 2)


class Atom:
    """What a monomial multiplies: a leaf, a function, a state, a mask, or a sum that stays one factor.

    Attributes:
        op: the name of its kind.
        kind: what is known of it (:mod:`nos_sym.algebra.kernel.kinds`).
        args: polynomials that it acts on.
        param: exact parameter, for example the beta of an average, or a name.
        digest: digest of the structure.
        scalar: whether it depends on the step alone.
        constant: whether it depends on nothing.
    """

    __slots__ = (
        "_bounds",
        "_nonzero",
        "_sign",
        "args",
        "constant",
        "digest",
        "kind",
        "op",
        "param",
        "scalar",
    )

    scalar: bool
    constant: bool

    def __init__(self, kind: Kind, args: tuple[Poly, ...], param: Any, digest: bytes) -> None:
        self.op = kind.op
        self.kind = kind
        self.args = args
        self.param = param
        self.digest = digest
        self.scalar = not kind.tensor and all(a.scalar for a in args)
        self.constant = not kind.varying and all(a.constant for a in args)
        self._bounds: Bounds | None = None
        self._sign: int | None = None
        self._nonzero: bool | None = None


class Mono:
    """A product of factors, in the order of the digests of their atoms."""

    __slots__ = ("constant", "digest", "factors", "scalar")

    def __init__(self, factors: tuple[Factor, ...], digest: bytes) -> None:
        self.factors = factors
        self.digest = digest
        self.scalar = all(f[0].scalar for f in factors)
        self.constant = all(f[0].constant for f in factors)


class Poly:
    """A sum of coefficients times monomials, in the order of the digests of the monomials."""

    __slots__ = ("_bounds", "constant", "digest", "scalar", "terms")

    def __init__(self, terms: tuple[tuple[Mono, Fraction], ...], digest: bytes) -> None:
        self.terms = terms
        self.digest = digest
        self.scalar = all(m.scalar for m, _ in terms)
        self.constant = all(m.constant for m, _ in terms)
        self._bounds: Bounds | None = None

    def __neg__(self) -> Poly:
        return scaled(self, Fraction(-1))


class Parameters(NamedTuple):
    """Parameters of an opaque atom.

    Attributes:
        values: exact numbers, ``None`` for one that is an argument of the atom, then what tells it apart.
    """

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ";".join(map(str, self.values))


class Workspace:
    """Tables of interned terms, and the record of what was used.

    Attributes:
        almost: whether a value counts as nonzero that is zero on a null set of histories alone. Each such
            value
            is then recorded in ``assumed``. Otherwise forms hold on every history.
        allowed: digests of the values that may be assumed; ``None`` for any.
        assumed: atoms and polynomials that were taken for nonzero although they may vanish.
        used: names of the identities that were used.
        apart: whether linear recursions are written in the parts of their transfer functions.
    """

    __slots__ = ("allowed", "almost", "apart", "assumed", "atoms", "done", "memo", "monos", "polys", "used")

    def __init__(self, *, almost: bool = False, allowed: frozenset[bytes] | None = None) -> None:
        self.almost = almost
        self.allowed = allowed
        self.assumed: dict[Atom | Poly, None] = {}
        self.atoms: dict[object, Atom] = {}
        self.monos: dict[tuple[tuple[Atom, tuple[int, int], int], ...], Mono] = {}
        self.polys: dict[tuple[tuple[Mono, tuple[int, int]], ...], Poly] = {}
        self.done: dict[object, Poly] = {}
        self.memo: dict[object, object] = {}
        self.used: dict[str, None] = {}
        self.apart = False

    def may_assume(self, value: Atom | Poly) -> bool:
        """Return whether a value that vanishes on a null set may be taken for nonzero."""
        return self.almost and (self.allowed is None or value.digest in self.allowed)


_EVERYWHERE = Workspace()
_ALMOST = Workspace(almost=True)
_CURRENT = _EVERYWHERE
_LIMIT = 400_000


def workspace() -> Workspace:
    """Return the tables in use."""
    return _CURRENT


@contextmanager
def fresh_workspace(*, almost: bool = False, allowed: frozenset[bytes] | None = None) -> Iterator[Workspace]:
    """Use empty tables inside a ``with`` block: cold caches, or a complete record of what was used."""
    with _using(Workspace(almost=almost, allowed=allowed)) as tables:
        yield tables


@contextmanager
def tables_of(*, almost: bool) -> Iterator[Workspace]:
    """Use the lasting tables for equality on every history, or for equality almost everywhere."""
    if _CURRENT.almost is almost:
        yield _CURRENT
    else:
        with _using(_ALMOST if almost else _EVERYWHERE) as tables:
            yield tables


@contextmanager
def _using(tables: Workspace) -> Iterator[Workspace]:
    global _CURRENT
    saved, _CURRENT = _CURRENT, tables
    try:
        yield tables
    finally:
        _CURRENT = saved


@contextmanager
def given(values: Mapping[object, Poly]) -> Iterator[None]:
    """Give expressions a form inside a ``with`` block, and take linear recursions apart in it."""
    tables = _CURRENT
    saved, tables.done = tables.done, dict(values)
    apart, tables.apart = tables.apart, True
    try:
        yield
    finally:
        tables.done, tables.apart = saved, apart


def trim_workspace() -> None:
    """Start empty tables when they have grown past a bound; terms in use stay valid by their digests."""
    tables = _CURRENT
    if len(tables.polys) > _LIMIT:
        for table in (tables.atoms, tables.monos, tables.polys, tables.done, tables.memo):
            table.clear()


def note(identity: str) -> None:
    """Record that an identity of :mod:`nos_sym.algebra.identities` was used."""
    _CURRENT.used[identity] = None


def _digest(*parts: bytes) -> bytes:
    return blake2b(b"\x1f".join(parts), digest_size=12).digest()


def atom(op: str, args: tuple[Poly, ...] = (), param: Any = "") -> Atom:
    """Return the interned atom of the kernel's own kinds, or of an operation that has a constructor."""
    return atom_of_kind(kind_of(op), args, param)


def atom_of_kind(kind: Kind, args: tuple[Poly, ...], param: Any) -> Atom:
    """Return the interned atom of a kind."""
    key = (kind, args, param)
    found = _CURRENT.atoms.get(key)
    if found is None:
        digest = _digest(kind.spelling.encode(), str(param).encode(), *(a.digest for a in args))
        found = _CURRENT.atoms[key] = Atom(kind, args, param, digest)
    return found


def mono(factors: Iterable[Factor]) -> Mono:
    """Return the interned monomial of normal factors."""
    ordered = tuple(sorted(factors, key=_by_atom))
    # Integers and terms are hashed and compared at once, a fraction takes a Python call for each.
    key = tuple([(a, q.as_integer_ratio(), s) for a, q, s in ordered])
    found = _CURRENT.monos.get(key)
    if found is None:
        text = ";".join(f"{q},{s}" for _, q, s in ordered).encode()
        digest = _digest(text, *(a.digest for a, _, _ in ordered))
        found = _CURRENT.monos[key] = Mono(ordered, digest)
    return found


def _by_atom(factor: Factor) -> bytes:
    return factor[0].digest


def _by_mono(term: tuple[Mono, Fraction]) -> bytes:
    return term[0].digest


def poly(terms: dict[Mono, Fraction]) -> Poly:
    """Return the interned polynomial of monomials and coefficients; zero coefficients vanish."""
    kept = [term for term in terms.items() if term[1]]
    if len(kept) > 1:
        kept.sort(key=_by_mono)
    key = tuple([(m, c.as_integer_ratio()) for m, c in kept])
    found = _CURRENT.polys.get(key)
    if found is None:
        ordered = tuple(kept)
        # Hexadecimal: decimal texts of integers have a limit, and take quadratic time.
        text = ";".join(f"{c.numerator:x}/{c.denominator:x}" for _, c in ordered).encode()
        digest = _digest(text, *(m.digest for m, _ in ordered))
        found = _CURRENT.polys[key] = Poly(ordered, digest)
    return found


def constant(value: Fraction | int) -> Poly:
    """Return a number as a polynomial."""
    return poly({mono(()): Fraction(value)})


def single(factors: Iterable[Factor], coefficient: Fraction | int = 1) -> Poly:
    """Return the polynomial of one term with normal factors."""
    # A copy of a fraction takes as long as a product.
    return poly({mono(factors): coefficient if type(coefficient) is Fraction else Fraction(coefficient)})


def add(*polys: Poly) -> Poly:
    """Return the sum."""
    total: dict[Mono, Fraction] = {}
    for p in polys:
        for m, c in p.terms:
            total[m] = total[m] + c if m in total else c
    return poly(total)


def scaled(p: Poly, factor: Fraction | int) -> Poly:
    """Return a rational multiple."""
    return p if factor == 1 else poly({m: c * factor for m, c in p.terms})


def as_number(p: Poly) -> Fraction | None:
    """Return the value of a polynomial that is a rational number, else ``None``."""
    if not p.terms:
        return Fraction(0)
    if len(p.terms) == 1 and not p.terms[0][0].factors:
        return p.terms[0][1]
    return None
