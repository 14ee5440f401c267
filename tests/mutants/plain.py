"""Modules as mutmut can plant in them: it passes over what a decorator wraps, so that is written out."""

from __future__ import annotations

import ast

PREFIX = "_plain_"
_LEFT = ("staticmethod", "classmethod")
"""Decorators that mutmut knows."""


def written_out(source: str) -> str:
    """`source` in which each decorated function of a module or class is plain, and wrapped on the line after.

    >>> print(written_out("class A:\\n    @property\\n    def b(self):\\n        return 1\\n"))
    class A:
        def _plain_b(self):
            return 1
        b = property(_plain_b)
    <BLANKLINE>
    """
    tree, lines = ast.parse(source), source.splitlines()
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for function in sorted(
        (one for body in bodies for one in body if _wrapped(one)), key=_line, reverse=True
    ):
        assert isinstance(function, ast.FunctionDef)
        (decorator,) = function.decorator_list
        indent, wrapper = " " * function.col_offset, ast.get_source_segment(source, decorator)
        lines.insert(
            function.end_lineno or 0, f"{indent}{function.name} = {wrapper}({PREFIX}{function.name})"
        )
        head = function.lineno - 1
        lines[head] = lines[head].replace(f"def {function.name}", f"def {PREFIX}{function.name}", 1)
        del lines[decorator.lineno - 1 : head]
    return "\n".join(lines) + "\n"


def _wrapped(node: ast.stmt) -> bool:
    """Whether `node` is a function with one decorator that mutmut does not know."""
    if not isinstance(node, ast.FunctionDef) or len(node.decorator_list) != 1:
        return False
    return not (isinstance(node.decorator_list[0], ast.Name) and node.decorator_list[0].id in _LEFT)


def _line(node: ast.stmt) -> int:
    return node.lineno
