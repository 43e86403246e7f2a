"""Runs functions of the contracts as their source has them, on numbers or on symbols.

The part of Vyper that the money code is written in, read as Python reads it. What a run is not
told of (calls into the chain, storage that no claim is about) must be given by hand, or the run
stops. Assignments to names outside of a slice are passed over.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.proof.algebra import Poly

CONTRACTS = Path(__file__).parents[2] / "contracts"
REWRITES = (
    (r"^(struct|flag|event|interface) ", "class "),
    (r"^(\s*)log ", r"\1"),
    (r"\b(extcall|staticcall) ", ""),
    (r"^(\s*for \w+): .+? in ", r"\1 in "),
    (r'\bx"', 'b"'),
)
INTEGERS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}


class RevertedError(Exception):
    """The call is refused on this path."""


class UnknownError(Exception):
    """The source says something that a run was told nothing about."""


class Module:
    """One source file."""

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self.text = path.read_text()
        source = self.text
        for before, after in REWRITES:
            source = re.sub(before, after, source, flags=re.MULTILINE)
        self.tree = ast.parse(source)
        self.functions = {
            each.name: each for each in self.tree.body if isinstance(each, ast.FunctionDef)
        }
        self.constants = {
            each.target.id: each.value
            for each in self.tree.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.value
        }
        self.flags = {
            each.name: [line.value.id for line in each.body if isinstance(line, ast.Expr)]
            for each in self.tree.body
            if isinstance(each, ast.ClassDef)
            and all(isinstance(x, ast.Expr) and isinstance(x.value, ast.Name) for x in each.body)
        }


class Source:
    """The contracts of a folder."""

    def __init__(self, folder: Path = CONTRACTS) -> None:
        self.folder = folder

    @cache  # noqa: B019
    def module(self, name: str) -> Module:
        """A source by its name without ending."""
        for path in (self.folder / f"{name}.vy", self.folder / "modules" / f"{name}.vy"):
            if path.exists():
                return Module(path)
        raise UnknownError(f"there is no contract or module {name}")

    @cache  # noqa: B019
    def has(self, name: str) -> bool:
        """Whether a name is that of a source."""
        return any((self.folder / each / f"{name}.vy").exists() for each in (".", "modules"))


class Frame:
    """Where a run is: a function of a module, and its names."""

    def __init__(self, module: Module, names: dict[str, Any], only: frozenset[str] | None) -> None:
        self.module = module
        self.names = names
        self.only = only


class ContinuedError(Exception):
    """A loop goes on with the next item."""


class ReturnedError(Exception):
    """A function has come to its end."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Reader:
    """Runs sources for a search, which decides, divides and takes note of what must hold.

    Args:
        search: `solver.Search` or `solver.Numbers`.
        given: What stands for an expression, by its text.
        calls: What stands for a call, by the text of what is called.
    """

    def __init__(
        self,
        source: Source,
        search: Any,
        given: Mapping[str, Any] | None = None,
        calls: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.source = source
        self.search = search
        self.given = dict(given or {})
        self.calls = dict(calls or {})
        self.storage: dict[str, Any] = {}

    def call(self, module: str, function: str, *args: Any) -> Any:
        """What a function returns."""
        found = self.source.module(module)
        names = [each.arg for each in found.functions[function].args.args]
        frame = Frame(found, dict(zip(names, args, strict=True)), None)
        return self._body(found.functions[function], frame)

    def slice(
        self, module: str, function: str, only: Sequence[str], names: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Run what assigns to some names, and give them as they are at the end."""
        found = self.source.module(module)
        frame = Frame(found, dict(names), frozenset(only))
        self._body(found.functions[function], frame)
        return frame.names

    def constant(self, module: str, name: str) -> int:
        """A constant of a module."""
        return int(self._value(ast.parse(name, mode="eval").body, _at(self.source.module(module))))

    def text(self, module: str, expression: str, names: Mapping[str, Any]) -> Any:
        """What an expression of a source comes to."""
        found = self.source.module(module)
        if "".join(expression.split()) not in "".join(found.text.split()):
            raise UnknownError(f"{module} says {expression!r} nowhere")
        tree = ast.parse(expression, mode="eval").body
        return self._value(tree, Frame(found, dict(names), None))

    def _body(self, function: ast.FunctionDef, frame: Frame) -> Any:
        try:
            self._run(function.body, frame)
        except ReturnedError as end:
            return end.value
        return None

    # statements

    def _run(self, lines: Sequence[ast.stmt], frame: Frame) -> None:
        for line in lines:
            if isinstance(line, ast.Assert):
                self._assert(line, frame)
            elif frame.only is None or _targets(line) & frame.only or _ends(line):
                self._statement(line, frame)

    def _assert(self, line: ast.Assert, frame: Frame) -> None:
        try:
            holds = self._value(line.test, frame)
        except UnknownError:
            # less is known then
            return
        if not holds:
            raise RevertedError(_text(line))

    def _statement(self, line: ast.stmt, frame: Frame) -> None:
        if isinstance(line, ast.AnnAssign | ast.Assign):
            if line.value is None:
                return
            value = self._value(line.value, frame)
            targets = [line.target] if isinstance(line, ast.AnnAssign) else line.targets
            for target in targets:
                self._put(target, value, frame)
        elif isinstance(line, ast.AugAssign):
            both = ast.BinOp(line.target, line.op, line.value)
            self._put(line.target, self._value(both, frame), frame)
        elif isinstance(line, ast.If):
            self._run(line.body if self._value(line.test, frame) else line.orelse, frame)
        elif isinstance(line, ast.For):
            self._loop(line, frame)
        elif isinstance(line, ast.Return):
            raise ReturnedError(self._value(line.value, frame) if line.value else None)
        elif isinstance(line, ast.Expr) and isinstance(line.value, ast.Call):
            self._value(line.value, frame)
        elif isinstance(line, ast.Continue):
            raise ContinuedError
        elif not isinstance(line, ast.Expr | ast.Pass):
            raise UnknownError(_text(line))

    def _loop(self, line: ast.For, frame: Frame) -> None:
        text = _text(line.iter)
        items = self.given[text] if text in self.given else self._value(line.iter, frame)
        for item in items:
            self._put(line.target, item, frame)
            with suppress(ContinuedError):
                self._run(line.body, frame)

    def _put(self, target: ast.expr, value: Any, frame: Frame) -> None:
        if isinstance(target, ast.Name):
            frame.names[target.id] = value
        elif (place := self._place(target, frame)) is not None:
            self.storage[place] = value
        elif isinstance(target, ast.Subscript):
            self._value(target.value, frame)[self._value(target.slice, frame)] = value
        elif isinstance(target, ast.Attribute):
            setattr(self._value(target.value, frame), target.attr, value)
        else:
            raise UnknownError(_text(target))

    def _place(self, node: ast.expr, frame: Frame) -> str | None:
        """Where storage is: module, variable, key."""
        if isinstance(node, ast.Subscript):
            outer = self._place(node.value, frame)
            return outer and f"{outer}[{self._value(node.slice, frame)}]"
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return None
        if node.value.id == "self":
            return f"{frame.module.name}.{node.attr}"
        if node.value.id not in frame.names and self.source.has(node.value.id):
            return f"{node.value.id}.{node.attr}"
        return None

    # expressions

    def _value(self, node: ast.expr, frame: Frame) -> Any:
        text = _text(node)
        if text in self.given:
            return self.given[text]
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is None:
            raise UnknownError(text)
        return handler(node, frame)

    def _constant(self, node: ast.Constant, _frame: Frame) -> Any:
        return node.value

    def _name(self, node: ast.Name, frame: Frame) -> Any:
        if node.id in frame.names:
            return frame.names[node.id]
        if node.id in frame.module.constants:
            return self._value(frame.module.constants[node.id], _at(frame.module))
        if node.id in frame.module.flags:
            names = frame.module.flags[node.id]
            return SimpleNamespace(**{name: 1 << at for at, name in enumerate(names)})
        raise UnknownError(f"{node.id} in {frame.module.name}")

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Any:
        place = self._place(node, frame)
        if place is not None:
            if place in self.storage:
                return self.storage[place]
            name, _, constant = place.partition(".")
            module = self.source.module(name)
            if constant in module.constants:
                return self._value(module.constants[constant], _at(module))
            raise UnknownError(place)
        return getattr(self._value(node.value, frame), node.attr)

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Any:
        place = self._place(node, frame)
        if place is not None:
            if place not in self.storage:
                raise UnknownError(place)
            return self.storage[place]
        return self._value(node.value, frame)[self._value(node.slice, frame)]

    def _list(self, node: ast.List, frame: Frame) -> list[Any]:
        return [self._value(each, frame) for each in node.elts]

    def _ifexp(self, node: ast.IfExp, frame: Frame) -> Any:
        return self._value(node.body if self._value(node.test, frame) else node.orelse, frame)

    def _boolop(self, node: ast.BoolOp, frame: Frame) -> bool:
        stops = isinstance(node.op, ast.Or)
        return next((stops for each in node.values if self._value(each, frame) is stops), not stops)

    def _unaryop(self, node: ast.UnaryOp, frame: Frame) -> Any:
        value = self._value(node.operand, frame)
        if isinstance(node.op, ast.Not):
            return not value
        return ~value

    def _compare(self, node: ast.Compare, frame: Frame) -> bool:
        left = self._value(node.left, frame)
        for op, other in zip(node.ops, node.comparators, strict=True):
            right = self._value(other, frame)
            if not self.search.decide(_compared(op, left, right)):
                return False
            left = right
        return True

    def _binop(self, node: ast.BinOp, frame: Frame) -> Any:
        left, right = self._value(node.left, frame), self._value(node.right, frame)
        text = _text(node)
        if isinstance(left, int) and not left and isinstance(node.op, ast.LShift):
            # a field that happens to be zero is one
            return self.search.bits(node.op, left, right)
        if isinstance(left, int) and isinstance(right, int):
            return INTEGERS[type(node.op)](left, right)
        match node.op:
            case ast.Add():
                return self.search.noted("add", text, left, right, left + right)
            case ast.Sub():
                return self.search.noted("sub", text, left, right, left - right)
            case ast.Mult():
                return self.search.noted("mul", text, left, right, left * right)
            case ast.FloorDiv():
                return self.search.floor(left, right)
        return self.search.bits(node.op, left, right)

    def _call(self, node: ast.Call, frame: Frame) -> Any:
        name = _text(node.func)
        given = [self._value(each, frame) for each in node.args] if name in self.calls else []
        if name in self.calls:
            return self.calls[name](*given)
        if name == "convert":
            return self._value(node.args[0], frame)
        if name == "empty":
            return SimpleNamespace()
        if node.keywords and name != "range":
            fields = {str(each.arg): self._value(each.value, frame) for each in node.keywords}
            return SimpleNamespace(**fields)
        args = [self._value(each, frame) for each in node.args]
        if name in ("min", "max"):
            is_first = self.search.decide(args[0] <= args[1]) == (name == "min")
            return args[0] if is_first else args[1]
        if name.startswith("unsafe_"):
            return self._unsafe(name[7:], _text(node), *args)
        if name in ("len", "range"):
            return {"len": len, "range": range}[name](*args)
        return self._function(node.func, args, frame)

    def _unsafe(self, kind: str, text: str, left: Any, right: Any) -> Any:
        if kind == "div":
            self.search.noted("unsafe_div", text, left, right, right)
            return self.search.floor(left, right)
        result = {"add": Poly.__add__, "sub": Poly.__sub__, "mul": Poly.__mul__}[kind]
        if isinstance(left, int) and isinstance(right, int):
            found: Any = {"add": left + right, "sub": left - right, "mul": left * right}[kind]
        else:
            found = result(Poly.of(left), right)
        return self.search.noted(f"unsafe_{kind}", text, left, right, found)

    def _function(self, func: ast.expr, args: list[Any], frame: Frame) -> Any:
        if isinstance(func, ast.Attribute):
            if isinstance(func.value, ast.Name) and func.value.id == "self":
                return self.call(frame.module.name, func.attr, *args)
            if isinstance(func.value, ast.Name) and self.source.has(func.value.id):
                return self.call(func.value.id, func.attr, *args)
            if func.attr == "append":
                return self._value(func.value, frame).append(*args)
        raise UnknownError(_text(func))


def _text(node: ast.AST) -> str:
    """The text of a node, worked out once."""
    if "text" not in node.__dict__:
        node.__dict__["text"] = ast.unparse(node)
    return str(node.__dict__["text"])


def _at(module: Module) -> Frame:
    return Frame(module, {}, None)


def _compared(op: ast.cmpop, left: Any, right: Any) -> Any:
    match op:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
        case ast.In():
            # of flags, which are bits
            return left & right != 0 if isinstance(right, int) else left in right
    raise UnknownError(type(op).__name__)


@cache
def _targets(line: ast.stmt) -> set[str]:
    """The names that a statement assigns to, at any depth."""
    found: set[str] = set()
    for node in ast.walk(line):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            targets = [node.target]
        for target in targets:
            found |= {_text(target), _text(target).partition("[")[0]}
    return found


def _ends(line: ast.stmt) -> bool:
    return isinstance(line, ast.Return | ast.Continue)
