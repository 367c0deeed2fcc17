"""Does a test assert anything? Judged from its syntax tree, in doubt against the test."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from heph_nb.repo.constants import always_true, constant_names, is_known
from heph_nb.repo.testsource import Function, Scope

_SWALLOWING = {"AssertionError", "Exception", "BaseException"}
_RAISES = {"raises", "warns", "deprecated_call", "RaisesGroup", "assertRaises", "assertRaisesRegex", "assertWarns",
           "assertWarnsRegex", "assertLogs", "assertNoLogs"}  # fmt: skip
_LEAVES = {"skip", "xfail", "exit", "skipTest", "importorskip"}
_FAILS = {"fail"}
_OF_MOCKS = re.compile(r"assert_(not_|any_|has_)?(called|awaited|call|await|calls|awaits)(_\w+)?")
_ASSERTS = re.compile(r"assert(_|[A-Z])")


def proves_something(function: Function, scope: Scope, given: Collection[str] = ()) -> bool:
    """Say whether a test can fail because of what it looks at.

    What counts: an ``assert`` on more than constants; ``pytest.raises`` and its kin; unittest's ``self.assert…``; an
    ``assert_…`` method or function (of a mock, of numpy); a helper whose source is known and that does one of these; a
    failure that is called for under a condition. What does not: a tautology (``assert True``, ``x == x``), an
    assertion that is never reached or whose failure is caught, an expected ``AssertionError``.

    Parameters
    ----------
    function : Function
        The syntax tree of the test.
    scope : Scope
        Where it is: finds the helpers that it calls.
    given : collection of str
        Parameters of the test whose values are written beside it (``parametrize``).
    """
    return _Judge(scope, ()).function(function, given)


class _Judge:
    def __init__(self, scope: Scope, within: tuple[Function, ...]) -> None:
        self.scope = scope
        self.within = within
        self.constants: frozenset[str] = frozenset()
        self.called: set[str] = set()

    def function(self, function: Function, given: Collection[str]) -> bool:
        bound = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
        self.constants = (
            (self.scope.module.constants - bound) | bound.intersection(given) | constant_names(function.body)
        )
        self.called = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        self.within = (*self.within, function)
        return self.block(function.body, caught=False)

    def block(self, statements: Sequence[ast.stmt], *, caught: bool) -> bool:
        for statement in statements:
            if self.statement(statement, caught=caught):
                return True
            if _leaves(statement):
                return False
        return False

    def statement(self, statement: ast.stmt, *, caught: bool) -> bool:
        match statement:
            case ast.Assert():
                return not caught and not always_true(statement.test, self.constants)
            case ast.If():
                return self.branches(statement, caught=caught)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self.loop(statement, caught=caught)
            case ast.With() | ast.AsyncWith():
                return self.context(statement, caught=caught)
            case ast.Try() | ast.TryStar():
                return self.attempt(statement, caught=caught)
            case ast.Match():
                return any(self.block(case.body, caught=caught) for case in statement.cases)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return statement.name in self.called and self.block(statement.body, caught=caught)
            case ast.ClassDef():
                return False
            case _:
                return not caught and any(self.call(call) for call in _calls(statement))

    def branches(self, statement: ast.If, *, caught: bool) -> bool:
        if is_known(statement.test, self.constants):
            return self.block(statement.orelse if _is_false(statement.test) else statement.body, caught=caught)
        fails = any(_fails(inner) for inner in (*statement.body, *statement.orelse))
        return (fails and not caught) or any(
            self.block(part, caught=caught) for part in (statement.body, statement.orelse)
        )

    def loop(self, statement: ast.For | ast.AsyncFor | ast.While, *, caught: bool) -> bool:
        source = statement.test if isinstance(statement, ast.While) else statement.iter
        never = _is_false(source) or (isinstance(source, (ast.List, ast.Tuple, ast.Set)) and not source.elts)
        return (not never and self.block(statement.body, caught=caught)) or self.block(statement.orelse, caught=caught)

    def context(self, statement: ast.With | ast.AsyncWith, *, caught: bool) -> bool:
        for item in statement.items:
            call = item.context_expr
            name, names = _called(call), _names(call)
            if name in _RAISES:
                real = not names & {"AssertionError", "BaseException"} and any(map(_does_something, statement.body))
                if real and not caught and not any(isinstance(inner, ast.Assert) for inner in statement.body):
                    return True
                caught = caught or bool(names & _SWALLOWING)
            elif name == "suppress":
                caught = caught or bool(names & _SWALLOWING)
            elif isinstance(call, ast.Call) and not caught and self.call(call):
                return True
        return self.block(statement.body, caught=caught)

    def attempt(self, statement: ast.Try | ast.TryStar, *, caught: bool) -> bool:
        swallowed = caught or any(_swallows(handler) for handler in statement.handlers)
        if statement.handlers and not swallowed and any(_fails(inner) for inner in statement.body[1:]):
            return True  # try: call(); fail() except Expected: pass
        return (
            self.block(statement.body, caught=swallowed)
            or self.block(statement.orelse, caught=caught)
            or self.block(statement.finalbody, caught=caught)
        )

    def call(self, call: ast.Call) -> bool:
        name = _called(call)
        found = self.scope.resolve(call)
        if found is not None:
            function, scope = found
            judge = _Judge(scope, self.within)
            return function not in self.within and judge.function(function, self.passed(call, function))
        if name in _RAISES:  # pytest.raises(ValueError, call, ...)
            return len(call.args) > 1 and not _names(call.args[0]) & {"AssertionError", "BaseException"}
        if not _ASSERTS.match(name) or name == "assert_type":
            return False
        if _OF_MOCKS.fullmatch(name):
            return isinstance(call.func, ast.Attribute)
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        if len(call.args) > 1 and ast.dump(call.args[0]) == ast.dump(call.args[1]):
            return False
        return not all(always_true(value, self.constants) for value in values)

    def passed(self, call: ast.Call, function: Function) -> set[str]:
        """Return the parameters of a helper that are settled by this call of it."""
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if isinstance(call.func, ast.Attribute) and names[:1] in (["self"], ["cls"]):
            names = names[1:]
        pairs = [*zip(names, call.args, strict=False), *((keyword.arg, keyword.value) for keyword in call.keywords)]
        return {name for name, value in pairs if name is not None and is_known(value, self.constants)}


def _leaves(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
        return True
    return isinstance(statement, ast.Expr) and _called(statement.value) in _LEAVES | _FAILS


def _fails(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        return bool(statement.exc and _names(statement.exc) & {"AssertionError"})
    return isinstance(statement, ast.Expr) and _called(statement.value) in _FAILS


def _swallows(handler: ast.ExceptHandler) -> bool:
    if handler.type is not None and not _names(handler.type) & _SWALLOWING:
        return False
    inner = [node for statement in handler.body for node in ast.walk(statement)]
    return not any(isinstance(node, ast.Raise) or _called(node) in _FAILS for node in inner)


def _does_something(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        return False
    return any(not isinstance(node, (ast.Pass, ast.Constant, ast.Expr)) for node in ast.walk(statement))


def _is_false(expression: ast.expr) -> bool:
    return (isinstance(expression, ast.Constant) and not expression.value) or _names(expression) == {"TYPE_CHECKING"}


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    return (node for node in ast.walk(statement) if isinstance(node, ast.Call))


def _called(node: ast.AST) -> str:
    func = node.func if isinstance(node, ast.Call) else None
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _names(expression: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    return found | {node.attr for node in ast.walk(expression) if isinstance(node, ast.Attribute)}
