"""Examples: a call and its output in the PRD become an assertion, where it is safe and clear what is called."""

from __future__ import annotations

import ast
import builtins
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shutil import which
from typing import TYPE_CHECKING

from heph_nb.agents.outline.documents.sources import Sources
from heph_nb.agents.outline.understanding.sessions import CODE, FILE, SHOWS, Step

if TYPE_CHECKING:
    from heph_nb.agents.outline.documents.survey import Survey
    from heph_nb.agents.outline.understanding.reading import Reading
    from heph_nb.domain.prd import Example

SHELL_ONLY = re.compile(r"[|&;<>`$*?~\n]|\\$")
"""What only a shell understands. An example that needs one is described in its test, not run."""

PYTHON = ("python", "python3")

OUTPUT = ("-o", "--output", "--out", "-m")
"""What stands before the name of something that needs not be there as a file."""

COMPLAINS = re.compile(r"(?i)(?:\w+: )?(?:error|warning|usage|fatal|traceback)\b")
"""How output begins that may come on the error stream."""

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
    steps : dict
        The commands that the PRD shows with their files, by their lines.
    sources : Sources
        Where the names of the repository come from.
    """

    modules: dict[str, str]
    packages: tuple[str, ...] = ()
    steps: dict[int, Step] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)


def known(read: Reading, seen: Survey | None = None) -> Known:
    """Collect where the PRD's Python code imports its names from, and what the repository knows of names."""
    modules: dict[str, str] = {}
    for block in read.prd.blocks:
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
    told = {module for module in modules.values() if module and module.split(".")[0] not in sys.stdlib_module_names}
    packages = (seen.packages if seen else ()) or (tuple(told) if len(told) == 1 else ())
    return Known(modules, packages, read.steps, seen.sources if seen else Sources())


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
    imports = {name: _import(name, tree, where) for name in sorted(names - bound) if not hasattr(builtins, name)}
    lines = [line for line in imports.values() if line]
    if len(lines) < len(imports) or not any(_is_products(line) for line in lines):
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


def _import(name: str, tree: ast.Expression, where: Known) -> str | None:
    """Return the import that binds a name; None when nothing says where it comes from.

    What an example calls itself is the product's, whatever Python has of that name; what it hands over may be Python's.
    """
    if name in where.modules:
        module = where.modules[name]
        return f"from {module} import {name}" if module else f"import {name}"
    if own := where.sources.own(name):
        return own
    nodes = list(ast.walk(tree))
    attributes = [n.attr for n in nodes if isinstance(n, ast.Attribute) and _is_named(n.value, name)]
    called = any(isinstance(n, ast.Call) and _is_named(n.func, name) for n in nodes)
    itself = isinstance(tree.body, ast.Call) and _is_named(tree.body.func, name)
    if not itself and (standard := where.sources.standard(name, attributes)):
        return standard
    if attributes and not called:
        return f"import {name}"
    return f"from {where.packages[0]} import {name}" if called and where.packages else None


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_products(line: str) -> bool:
    """Whether an import is not one of Python's own modules: an example shows something of the product."""
    return line.split()[1].partition(".")[0] not in sys.stdlib_module_names


def lacking(example: Example, where: Known) -> str:
    """Say what is missing for an example to be run; empty where nothing is, or where it calls nothing of the product.

    Examples
    --------
    >>> from heph_nb.domain.prd import Example
    >>> lacking(Example(statement_id="", form="shell", call="./rota check a.csv", output="ok", lines=(1, 1)), Known({}))
    'the PRD does not show what is in a.csv'
    """
    if example.form == "value":
        return "the PRD does not say what is called with this input"
    if example.form != "shell":
        return "" if _python(example, where) else "the PRD does not say where what it calls comes from"
    _, words = _words(example.call)
    if example.call.strip() == CODE or SHOWS.match(example.call):
        return ""
    if words is None:
        return "it needs a shell"
    missing = _missing(words, _step(example, where).files) if words and _ours(words, where) else []
    return f"the PRD does not show what is in {', '.join(missing)}" if missing else ""


def _shell(example: Example, where: Known, depth: int) -> list[str] | None:
    given, words = _words(example.call)
    step = _step(example, where)
    if not words or not _ours(words, where) or _missing(words, step.files):
        return None
    needed = {name: text for name, text in step.files.items() if name in words}
    script = words[0].startswith("./") or (words[0] in PYTHON and not words[1].startswith("-"))
    at = 0 if words[0].startswith("./") else 1
    listed = ["sys.executable" if i == 0 and w in PYTHON else literal(w) for i, w in enumerate(words)]
    if script and needed:
        listed[at] = f"str(root / {literal(words[at].removeprefix('./'))})"
    output = "\n".join(line.rstrip() for line in example.output.strip("\n").split("\n")).strip()
    package = words[0].replace("-", "_") if words[0].replace("-", "_") in where.packages else ""
    modules = ["subprocess", *(["sys"] if words[0] in PYTHON or package else []), *(["shutil"] if package else [])]
    modules += ["os"] if needed or package else []
    lines = [*(f"import {name}" for name in modules), "from pathlib import Path", ""]
    lines.append(f"root = Path(__file__).resolve().parents[{depth}]")
    for name, text in needed.items():
        lines += [f"(tmp_path / {literal(name)}).parent.mkdir(parents=True, exist_ok=True)"] if "/" in name else []
        written = [f"    {literal(line)}" for line in text.splitlines(keepends=True)]
        lines += [f"(tmp_path / {literal(name)}).write_text(", *written[:-1], f"{written[-1]},"]
        lines += ['    encoding="utf-8",', ")"]
    options = [] if given is None else [f"input={literal(given + chr(10))}"]
    if needed or package:
        lines.append('env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}')
    if package:
        lines.append(f"installed = shutil.which({listed[0]})")
        listed[0] = f'*([installed] if installed else [sys.executable, "-m", {literal(package)}])'
    options += ["cwd=tmp_path" if needed else "cwd=root", *(["env=env"] if needed or package else [])]
    options += ["capture_output=True, text=True"]
    lines += [
        f"command = [{', '.join(listed)}]",
        "ended = subprocess.run(",
        f"    command, {', '.join(options)}, timeout=60, check=False",
        ")",
    ]
    said = "(ended.stdout + ended.stderr)" if COMPLAINS.match(output) else "ended.stdout"
    whole = "\n" in output or example.lines[0] in where.steps
    lines.append(
        f"assert {said}.strip() == {literal(output)}" if whole else f"assert {literal(output)} in {said}.splitlines()"
    )
    return lines + ([f"assert ended.returncode == {step.exit_code}"] if step.exit_code is not None else [])


def _step(example: Example, where: Known) -> Step:
    return where.steps.get(example.lines[0]) or Step(example.lines[0], {})


def _words(call: str) -> tuple[str | None, list[str] | None]:
    """Return what a command is given on its input, and its words; None where only a shell understands it."""
    call, given = call.strip(), None
    if piped := re.match(r"echo\s+(?:-n\s+)?('[^']*'|\"[^\"$`]*\"|[\w ]+?)\s*\|\s*(.+)$", call):
        given, call = piped.group(1).strip("'\""), piped.group(2)
    if SHELL_ONLY.search(call):
        return given, None
    try:
        return given, shlex.split(call)
    except ValueError:
        return given, None


def _missing(words: Sequence[str], files: Mapping[str, str]) -> list[str]:
    """Return the files that a command reads and that nobody shows; a script of the product is not among them."""
    begin = 2 if words[0] in PYTHON else 1
    return [
        word
        for before, word in zip(words[begin - 1 :], words[begin:], strict=False)
        if FILE.fullmatch(word) and before not in OUTPUT and (word not in files or ".." in word or word.startswith("/"))
    ]


def literal(text: str) -> str:
    """Return text as a Python literal, in double quotes unless it holds some."""
    shown = repr(text)
    if shown.startswith("'") and '"' not in shown:
        return '"' + shown[1:-1].replace("\\'", "'") + '"'
    return shown


def _ours(words: Sequence[str], where: Known) -> bool:
    """Whether a command line starts the program that the PRD is about, and not one that this machine has anyway."""
    program = words[0]
    if program in PYTHON:
        return len(words) > 1 and words[1] != "-c"
    if program.startswith("./") or program.replace("-", "_") in where.packages:
        return True
    return "/" not in program and which(program) is None
