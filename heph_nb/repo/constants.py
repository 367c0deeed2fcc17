"""Which expressions of a test are settled before anything runs, so that asserting them proves nothing."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

_PURE = frozenset({
    "abs", "all", "any", "bool", "bytes", "chr", "complex", "dict", "divmod", "enumerate", "filter", "float", "format",
    "frozenset", "hash", "int", "isinstance", "issubclass", "len", "list", "map", "max", "min", "object", "ord", "pow",
    "range", "repr", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "type", "zip",
})  # fmt: skip
_FIXED = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.Tuple, ast.JoinedStr, ast.FormattedValue,
          ast.Name, ast.Load, ast.unaryop, ast.operator, ast.boolop, ast.cmpop)  # fmt: skip
_REFLEXIVE = (ast.Eq, ast.Is, ast.LtE, ast.GtE)


def is_known(expression: ast.expr, constants: Collection[str]) -> bool:
    """Say whether an expression depends on nothing but literals, pure builtins and ``constants``.

    Example
    -------
    >>> is_known(ast.parse("len('abc') == 3", mode="eval").body, ())
    True
    """
    bound = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    allowed = {*_PURE, *constants, *bound}
    for node in ast.walk(expression):
        if isinstance(node, ast.Name) and node.id not in allowed:
            return False
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
            return False
    return True


def always_true(expression: ast.expr, constants: Collection[str]) -> bool:
    """Say whether an assertion of ``expression`` cannot fail, whatever the code under test does.

    Example
    -------
    >>> always_true(ast.parse("x == x or y", mode="eval").body, ())
    True
    """
    if is_known(expression, constants) or _is_something(expression):
        return True
    match expression:
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(always_true(value, constants) for value in values)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(always_true(value, constants) for value in values)
        case ast.IfExp(body=body, orelse=orelse):
            return always_true(body, constants) and always_true(orelse, constants)
        case ast.NamedExpr(value=value) | ast.Call(func=ast.Name(id="bool"), args=[value]):
            return always_true(value, constants)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _always_holds(left, operator, right)
    return False


def constant_names(statements: Sequence[ast.stmt]) -> frozenset[str]:
    """Return the names that a body binds once, at its top level, to something that can neither vary nor be changed."""
    bound: dict[str, int] = {}
    for statement in statements:
        for node in ast.walk(statement):
            for name in _bindings(node):
                bound[name] = bound.get(name, 0) + 1
    found: set[str] = set()
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if bound[name] == 1 and all(isinstance(node, _FIXED) for node in ast.walk(value)) and is_known(value, found):
            found.add(name)
    return frozenset(found)


def _is_something(expression: ast.expr) -> bool:
    """Say whether the truth of an expression is its form: ``assert (x == 1, "message")``."""
    match expression:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.Dict(keys=parts):
            return bool(parts)
        case ast.JoinedStr(values=values):
            return any(isinstance(value, ast.Constant) and value.value for value in values)
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")]):
            return True
    return isinstance(expression, (ast.Lambda, ast.GeneratorExp))


def _always_holds(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool:
    if isinstance(operator, _REFLEXIVE) and ast.dump(left) == ast.dump(right):
        return True
    match left, operator, right:
        case ast.Call(func=ast.Name(id="len")), ast.GtE(), ast.Constant(value=0):
            return True
        case ast.Constant(value=0), ast.LtE(), ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Call(func=ast.Name(id="len")), ast.Gt(), ast.UnaryOp(op=ast.USub()):
            return True
    return False


def _bindings(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return [*names, *names]
        case ast.alias(name=name, asname=asname):
            return [asname or name.partition(".")[0]]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
            return [name]
    return []
