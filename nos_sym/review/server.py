"""A server for the Model Context Protocol: programs and language models ask what the commands answer.

The tools take and give typed data. Each works in a process of its own with a limit of time, code of a client
only inside bubblewrap, and none reads or writes a file of the user. Needs the package ``mcp``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from threading import Event
from typing import Annotated, Any, Literal, cast

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field, ValidationError
from typing_extensions import TypedDict  # that of typing has no schema before Python 3.12

from nos_sym.errors import NosSymError, one_line
from nos_sym.lift.verifying import STEPS
from nos_sym.review.analysis import JOB as ANALYSIS
from nos_sym.review.analysis import LONGEST, ReviewError
from nos_sym.review.lifting import BOUND, Place, Unread, lifted, worst_error
from nos_sym.review.sources import LARGEST, check_syntax
from nos_sym.sandbox.limits import Limits
from nos_sym.sandbox.process import run

LIMITS = Limits(seconds=60)
"""Of each tool; lifting has two such processes and one for the algebra."""

_AT_ONCE = 2
"""Tools that work at once; others wait."""

_LIMITER: RunVar[CapacityLimiter] = RunVar("nos_sym_tools_at_once")


def _limiter() -> CapacityLimiter:
    """Return what lets so many work, one for each event loop."""
    try:
        return _LIMITER.get()
    except LookupError:
        _LIMITER.set(made := CapacityLimiter(_AT_ONCE))
        return made


RuleText = Annotated[
    str,
    Field(
        max_length=LONGEST,
        description="An optimizer: a name of the catalog ('Adam'), of a library ('torch.optim.AdamW'), or a "
        "rule in the language ('none ~ sign(g)', '{ state m; m <- 0.9*m + g; w <- w - lr*m }').",
    ),
]
CodeText = Annotated[
    str,
    Field(
        max_length=LARGEST,
        description="The text of a Python file that defines an optimizer: a class of PyTorch or Keras, or a "
        "function that returns a gradient transformation of optax.",
    ),
]
Name = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z_]?[A-Za-z0-9_]*$")]
ClassName = Annotated[str, Field(max_length=100, pattern=r"^([^\W\d]\w*)?$")]
Level = Literal["exact", "sign", "scale", "schedule"]
Framework = Literal["torch", "keras", "optax"]
Backend = Literal["torch", "tensorflow", "keras", "optax", "latex"]


class Parsed(TypedDict):
    """A rule as the language has it."""

    name: str
    rule: str
    key: str
    latex: str
    settings: dict[str, str]


class Compared(TypedDict):
    """A comparison of two optimizers."""

    verdict: Literal["equal", "different", "unknown"]
    level: str
    says: str


class Rendered(TypedDict):
    """A source file."""

    name: str
    backend: str
    text: str


class Checked(TypedDict):
    """The integrity check of the search."""

    passed: bool
    flipped: bool
    learning_rate: float | None
    threshold: float
    losses: list[float | None]


class Known(TypedDict):
    """Entries of the catalog that an optimizer equals by proof."""

    level: str
    names: list[str]
    store: bool


class Near(TypedDict):
    """An entry that is not equal, the mean distance of trajectories, and what a comparison came to."""

    name: str
    distance: float
    verdict: str


class Nearest(TypedDict):
    """What an optimizer is and what it is like."""

    duplicates: list[Known]
    equal_at_settings: list[str]
    near: list[Near]
    says: list[str]


class LiftedCode(TypedDict):
    """Code as a rule, and how well the rule follows it."""

    framework: Framework
    rule: str
    key: str
    verified: bool
    error: float | None
    bound: float
    conditions: list[str]
    special: bool
    duplicates: list[Known]
    integrity: Checked


class Server(MCPServer[Any]):
    """A server whose errors are one line."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool.

        Raises:
            ToolError: the arguments are not what the tool takes, or the tool says what is wrong.
        """
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            text = str(error).removeprefix(f"Error executing tool {name}: ")
            if isinstance(error.__cause__, ValidationError):
                [first, *_] = error.__cause__.errors(include_url=False, include_input=False)
                text = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise ToolError(one_line(text)) from None


def server() -> MCPServer[Any]:
    """Return the server with its tools."""
    made = Server(
        "nos-sym",
        log_level="ERROR",
        instructions="Optimizers of neural networks as equations: read, compare with a proof, render, and "
        "lift them from code. Equal is always proved; what is not proved is 'unknown'.",
    )
    looks = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)

    @made.tool(annotations=looks)
    async def parse(rule: RuleText) -> Parsed:
        """Read an optimizer, and return its text, key, equation in LaTeX, and defaults of its settings."""
        found: Parsed = await _asked("parse", rule=rule)
        return found

    @made.tool(annotations=looks)
    async def equal(first: RuleText, second: RuleText, level: Level = "exact") -> Compared:
        """Say whether two optimizers are one, with what proves it, or a state where they differ.

        The level says what may differ: nothing, the sign, a constant factor, a learning-rate schedule.
        """
        found: Compared = await _asked("equal", first=first, second=second, level=level)
        return found

    @made.tool(annotations=looks)
    async def render(rule: RuleText, backend: Backend = "torch", name: Name = "") -> Rendered:
        """Render an optimizer to a source file that imports its framework and the standard library alone."""
        found: Rendered = await _asked("render", rule=rule, backend=backend, name=name)
        return found

    @made.tool(annotations=looks)
    async def check(rule: RuleText) -> Checked:
        """Say whether an optimizer descends a shifted sphere at any of six learning rates, in 35 steps."""
        found: Checked = await _asked("check", rule=rule)
        return found

    @made.tool(annotations=looks)
    async def nearest(rule: RuleText) -> Nearest:
        """Say which entries of the catalog an optimizer equals by proof, and which ones are nearest to it."""
        found: Nearest = await _asked("nearest", rule=rule)
        return found

    @made.tool(annotations=looks)
    async def lift(code: CodeText, class_name: ClassName = "") -> LiftedCode:
        """Run the code of an optimizer in a sandbox, and return the rule that it computes.

        The optimizer is a class of PyTorch or Keras, or a function that returns a gradient transformation of
        optax; 'class_name' says which where there are several.
        The rule is run beside the code on gradients that are drawn here; where it does not follow the code,
        'verified' is false and the rule is not to be relied on. Where 'special' is true the rule leaves out
        ways of the code, and what it is a duplicate of is not known of the code as a whole.
        """
        found: LiftedCode = await _answered(lambda stop: _lifted(code, class_name, stop))
        return found

    return made


async def _answered(function: Callable[[Event], Any]) -> Any:
    """Return what a function gives in a thread; where the client cancels the call, it is told to stop.

    Raises:
        ToolError: it raises an error of this package; any other error is one of this package's own.
    """
    stop = Event()
    try:
        return await to_thread.run_sync(function, stop, abandon_on_cancel=True, limiter=_limiter())
    except NosSymError as error:
        # One line, which the client reads.
        raise ToolError(str(error)) from None
    finally:
        stop.set()


def _asked(tool: str, **given: Any) -> Awaitable[Any]:
    job = f"nos_sym.review.tools:{tool}"
    return _answered(lambda stop: run(job, given, LIMITS, confined=False, stop=stop))


def _lifted(code: str, class_name: str, stop: Event) -> LiftedCode:
    from nos_sym.language.printer import print_bare

    code = code.removeprefix("\ufeff")  # as in files
    check_syntax(code, "the code")
    original = f"optimizer.py:{class_name}" if class_name else "optimizer.py"
    place = Place(original, code, {}, LIMITS, confined=True, stop=stop)
    read = lifted(place)
    if isinstance(read, Unread):
        raise ReviewError(read.problem)
    error = worst_error(read, place)
    job = {"rule": print_bare(read.rule), "store": None}
    known = run(ANALYSIS, job, replace(LIMITS, answer=32 * 2**20), confined=False, stop=stop)
    return {
        "framework": cast(Framework, read.framework),
        "rule": known["rule"],
        "key": known["key"],
        "verified": error <= BOUND,
        "error": error if error < float("inf") else None,
        "bound": BOUND,
        "conditions": [*read.notes, f"verified over {STEPS} steps"],
        "special": read.special,
        "duplicates": known["duplicates"],
        "integrity": known["integrity"],
    }
