"""Every sentence that a piece of code can say, read from its source: literals with their values as places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def sentences_in(path: Path, calls: frozenset[str]) -> Iterator[str]:
    """The literals among the arguments of `calls` in a file, values as `{v}`; what is joined is one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _called(node) in calls:
            for argument in [*node.args, *[one.value for one in node.keywords]]:
                yield from told(argument)


def told(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may come to, where it is made of literals."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{v}" for one in values)
        case ast.IfExp(body=body, orelse=orelse):
            yield from told(body)
            yield from told(orelse)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            ends = list(told(right)) or ["{v}"]
            yield from (start + end for start in told(left) for end in ends)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def literals_in(path: Path) -> Iterator[str]:
    """Every literal of a file but its docstrings, values as `{v}`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    within = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    within |= {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
        if part is not node
    }  # fmt: skip
    for node in ast.walk(tree):
        if id(node) not in within and isinstance(node, ast.Constant | ast.JoinedStr):
            yield from told(node)
