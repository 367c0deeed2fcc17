"""Examples: a call and its output in the PRD become an assertion, where it is safe and clear what is called."""

from __future__ import annotations

import ast
import builtins
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from shutil import which
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heph_nb.domain.prd import Block, Example

SHELL_ONLY = re.compile(r"[|&;<>`$*?~\n]|\\$")
"""What only a shell understands. An example that needs one is described in its test, not run."""

ERROR = re.compile(r"^(?:raises?\s+)?([A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt))\b")


@dataclass(frozen=True)
class Known:
    """What is known about where names come from.

    Attributes
    ----------
    modules : dict
        For a name, the module that the PRD's own code imports it from; empty for a module itself.
    packages : tuple of str
        What a called name may come from otherwise, the likeliest first: what the repository holds, else the one module
        that the PRD's code imports from.
    """

    modules: dict[str, str]
    packages: tuple[str, ...] = ()


def known(blocks: Sequence[Block], packages: Sequence[str] = ()) -> Known:
    """Collect where the PRD's Python code imports its names from."""
    modules: dict[str, str] = {}
    for block in blocks:
        if block.kind != "code" or block.language not in ("", "python", "py", "pycon", "python3"):
            continue
        for line in block.text.splitlines():
            found = re.match(r"\s*(?:>>>\s*)?from\s+([\w.]+)\s+import\s+\(?([\w\s,]+)", line)
            for name in found.group(2).split(",") if found else ():
                words = name.split()
                if words:
                    modules.setdefault(words[-1], found.group(1) if found else "")
            if plain := re.match(r"\s*(?:>>>\s*)?import\s+([\w.]+)\s*$", line):
                modules.setdefault(plain.group(1).split(".")[0], "")
    sources = {module for module in modules.values() if module and module.split(".")[0] not in sys.stdlib_module_names}
    return Known(modules, tuple(packages) or (tuple(sources) if len(sources) == 1 else ()))


def assertion(example: Example, where: Known, depth: int = 1) -> list[str] | None:
    """Return the lines of a test body that check an example; None where it cannot be told what to call.

    ``depth`` says how many folders the test's module is below the root. Imports are inside the test: a module
    that does not exist yet fails the test, not the collection.
    """
    if example.form == "shell":
        return _shell(example, where, depth)
    return _python(example, where) if example.form != "value" else None


def _python(example: Example, where: Known) -> list[str] | None:
    try:
        tree = ast.parse(example.call.strip(), mode="eval")
    except SyntaxError:
        return None
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bound = {arg.arg for node in ast.walk(tree) if isinstance(node, ast.Lambda) for arg in node.args.args}
    bound |= {
        n.id
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for n in ast.walk(node.target)
        if isinstance(n, ast.Name)
    }
    imports = [_import(name, tree, where) for name in sorted(names - bound) if not hasattr(builtins, name)]
    lines = [line for line in imports if line]
    if not lines or len(lines) < len(imports):
        return None
    # A number at the end of a sentence: ``f(1)`` returns 2.
    call, output = " ".join(example.call.split()), re.sub(r"^(-?\d+)\.$", r"\1", example.output.strip())
    if ast.dump(ast.parse(call, mode="eval")) != ast.dump(tree):
        call = ast.unparse(tree)
    if error := ERROR.match(output):
        if not hasattr(builtins, error.group(1)):
            return None
        return ["import pytest", "", *lines, "", f"with pytest.raises({error.group(1)}):", f"    {call}"]
    try:
        value = ast.literal_eval(output)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        shown = "repr" if _calls(output) else "str"
        return [*lines, "", f"assert {shown}({call}) == {literal(output)}"]
    if value is None or isinstance(value, bool):
        return [*lines, "", f"assert {call} is {value}"]
    expected = literal(value) if isinstance(value, str) else output if "\n" not in output else repr(value)
    return [*lines, "", f"assert {call} == {expected}"]


def _calls(output: str) -> bool:
    """Whether an output is shown the way that the interpreter shows an object: ``Money('1', 'EUR')``."""
    try:
        return any(isinstance(node, ast.Call) for node in ast.walk(ast.parse(output, mode="eval")))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False


def _import(name: str, tree: ast.AST, where: Known) -> str | None:
    """Return the import that binds a name; None when nothing says where it comes from."""
    if name in where.modules:
        module = where.modules[name]
        return f"from {module} import {name}" if module else f"import {name}"
    attribute = any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
        for node in ast.walk(tree)
    )
    called = any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(tree)
    )
    if attribute and not called:
        return f"import {name}"
    return f"from {where.packages[0]} import {name}" if called and where.packages else None


def _shell(example: Example, where: Known, depth: int) -> list[str] | None:
    call, given = example.call.strip(), None
    if piped := re.match(r"echo\s+(?:-n\s+)?('[^']*'|\"[^\"$`]*\"|[\w ]+?)\s*\|\s*(.+)$", call):
        given, call = piped.group(1).strip("'\""), piped.group(2)
    if SHELL_ONLY.search(call):
        return None
    try:
        words = shlex.split(call)
    except ValueError:
        return None
    if not words or not _ours(words, where):
        return None
    program = "sys.executable" if words[0] in ("python", "python3") else literal(words[0])
    listed = ", ".join([program, *(literal(word) for word in words[1:])])
    output = "\n".join(line.rstrip() for line in example.output.strip("\n").split("\n"))
    options = "cwd=root, capture_output=True, text=True, timeout=60, check=False"
    lines = [
        "import subprocess",
        *(["import sys"] if program == "sys.executable" else []),
        "from pathlib import Path",
        "",
    ]
    lines += [
        f"root = Path(__file__).resolve().parents[{depth}]",
        f"command = [{listed}]",
        "ended = subprocess.run(",
        f"    command, {'' if given is None else f'input={literal(given + chr(10))}, '}{options}",
        ")",
    ]
    if "\n" in output:
        return [*lines, f"assert ended.stdout.strip() == {literal(output.strip())}"]
    return [*lines, f"assert {literal(output.strip())} in (ended.stdout + ended.stderr).splitlines()"]


def literal(text: str) -> str:
    """Return text as a Python literal, in double quotes unless it holds some."""
    shown = repr(text)
    if shown.startswith("'") and '"' not in shown:
        return '"' + shown[1:-1].replace("\\'", "'") + '"'
    return shown


def _ours(words: Sequence[str], where: Known) -> bool:
    """Whether a command line starts the program that the PRD is about, and not one that this machine has anyway."""
    program = words[0]
    if program in ("python", "python3"):
        return len(words) > 1 and words[1] != "-c"
    if program.startswith("./") or program.replace("-", "_") in where.packages:
        return True
    return "/" not in program and which(program) is None
