"""Faults of Python code, made on the syntax tree and written back into the text, so that a patch shows one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.mutants.mutant import Fault

_COMPARED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),  # codespell:ignore notin
}
_RECKONED: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "+"),
}
_OTHER_CALL = {"min": "max", "max": "min", "any": "all", "all": "any"}


def python_faults(text: str) -> Iterator[Fault]:
    """All faults of one module."""
    made = _Faults(text)
    made.visit(ast.parse(text))
    yield from made.faults


class _Faults(ast.NodeVisitor):
    """Walks what runs: no annotations, no decorators, no docstrings, nothing that only types or logs need."""

    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._text = text
        self._encoded = [line.encode() for line in text.splitlines(keepends=True)]
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._within: list[str] = []
        self._in_function = False

    # Where things are

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._encoded[line - 1][:column].decode())

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)

    def _add(self, start: int, end: int, new: str) -> None:
        self.faults.append(Fault(start, end, new, ".".join(self._within) if self._in_function else ""))

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> None:
        """Another word for the one between two operands."""
        start, end = self._span(left)[1], self._span(right)[0]
        pattern = r"\s+".join(map(re.escape, old.split()))
        found = re.search(rf"(?<!\w){pattern}(?!\w)" if old[0].isalpha() else pattern, self._text[start:end])
        if found is not None:
            self._add(start + found.start(), start + found.end(), new)

    # What is walked

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Defaults and body."""
        outer = self._in_function
        if not outer:
            self._within.append(node.name)
        self._in_function = True
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        self._block(node.body)
        self._in_function = outer
        if not outer:
            self._within.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """As any function."""
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """The body."""
        outer = self._in_function
        if not outer:
            self._within.append(node.name)
        self._block(node.body)
        if not outer:
            self._within.pop()

    def _block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The value only."""
        if node.value is not None:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        """Each branch; what only types need is left out."""
        if ast.unparse(node.test) != "TYPE_CHECKING" and "__name__" not in ast.unparse(node.test):
            self._negated(node.test)
            self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """The two values of a conditional expression, swapped by its condition."""
        self._negated(node.test)
        self.generic_visit(node)

    def _negated(self, test: ast.expr) -> None:
        start, end = self._span(test)
        self._add(start, end, f"not ({self._text[start:end]})")

    def visit_Expr(self, node: ast.Expr) -> None:
        """A call for its effect; docstrings and logging are left out."""
        if isinstance(node.value, ast.Constant) or ast.unparse(node).startswith(("log.", "logging.")):
            return
        if isinstance(node.value, ast.Call | ast.Await):
            self._removed(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """A place that keeps what it had; a name that is never bound would be no fault worth making."""
        if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
            self._removed(node)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """A sum that does not grow."""
        self._removed(node)
        self.visit(node.value)

    def visit_Continue(self, node: ast.Continue) -> None:
        """A loop that goes on with what it should have passed over."""
        self._removed(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """An error that nobody hears of."""
        self._removed(node)

    def _removed(self, node: ast.stmt) -> None:
        self._add(*self._span(node), "pass")

    def visit_Return(self, node: ast.Return) -> None:
        """Nothing instead of an answer."""
        if node.value is not None:
            if not (isinstance(node.value, ast.Constant) and node.value.value is None):
                self._add(*self._span(node.value), "None")
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Boundaries and opposites."""
        for left, operator, right in zip(
            (node.left, *node.comparators), node.ops, node.comparators, strict=False
        ):
            self._between(left, right, *_COMPARED[type(operator)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """`and` and `or`."""
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, old, new)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        """`not` and a sign."""
        if isinstance(node.op, ast.Not | ast.USub):
            start, end = self._span(node)[0], self._span(node.operand)[0]
            self._add(start, end, re.sub(r"^(not\s+|-)", "", self._text[start:end]))
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Sums and products; text that is put together is left out."""
        if type(node.op) in _RECKONED and not any(_is_text(each) for each in (node.left, node.right)):
            self._between(node.left, node.right, *_RECKONED[type(node.op)])
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """The least for the most, any for all."""
        if isinstance(node.func, ast.Name) and node.func.id in _OTHER_CALL:
            self._add(*self._span(node.func), _OTHER_CALL[node.func.id])
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        """What only documents a field, or states what cannot be otherwise, is left out."""
        if node.arg not in {"examples", "description", "strict"}:
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """States what cannot be otherwise."""

    def visit_Constant(self, node: ast.Constant) -> None:
        """Numbers and truths."""
        start, end = self._span(node)
        value = node.value
        if isinstance(value, bool):
            self._add(start, end, str(not value))
        elif isinstance(value, int | float):
            if isinstance(value, int) and value < 100:
                self._add(start, end, str(value + 1))
            else:
                self._add(start, end, f"({self._text[start:end]} * 2)")
                self._add(start, end, f"({self._text[start:end]} // 2)")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Texts stay as they are."""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )
