"""Small changes of a source, each of which some test should notice.

Vyper is split into the same tokens as Python, so one set of operators serves both. What is changed
is code inside functions and the values of constants: never types, names, texts, imports or
decorators, and no line moves.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from tokenize import TokenInfo

# what stands for what; several are several mutants
SWAPS = {
    "+": ("-",),
    "-": ("+",),
    "*": ("//",),
    "//": ("*",),
    "%": ("//",),
    "**": ("*",),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    ">": (">=", "<"),
    ">=": (">", "<="),
    "==": ("!=",),
    "!=": ("==",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
    "+=": ("-=", "="),
    "-=": ("+=", "="),
    "*=": ("//=",),
    "//=": ("*=",),
    "|=": ("&=", "="),
    "&=": ("|=", "="),
    "<<=": (">>=",),
    ">>=": ("<<=",),
    "and": ("or",),
    "or": ("and",),
    "not": ("",),
    "in": ("not in",),
    "True": ("False",),
    "False": ("True",),
    "min": ("max",),
    "max": ("min",),
    "unsafe_add": ("unsafe_sub",),
    "unsafe_sub": ("unsafe_add",),
    "unsafe_mul": ("unsafe_div",),
    "unsafe_div": ("unsafe_mul",),
    "any": ("all",),
    "all": ("any",),
    "break": ("continue",),
    "continue": ("break",),
}
# a statement that begins so is no code of its own, or only one with a body
KEPT = {
    *("import", "from", "implements", "initializes", "uses", "exports", "flag", "struct", "event"),
    *("interface", "def", "class", "@", "for", "while", "with", "try", "except", "finally", "else"),
    *("if", "elif", "pass", "match", "case", "async", "nonlocal", "global"),
}
NO_CODE = {"import", "from", "implements", "initializes", "uses", "exports", "@", "pass"}
BLANK = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE}
Place = tuple[int, int]


@dataclass(frozen=True)
class Mutant:
    """One change of one file.

    Args:
        path: The file, from the root of the repository.
        kind: What is changed: value, operator, statement, condition or arguments.
        start: Character of the source where the change begins.
        end: The one behind it.
        text: What stands there instead.
        line: Number of the line, from 1 on.
    """

    path: str
    kind: str
    start: int
    end: int
    text: str
    line: int

    def applied(self, source: str) -> str:
        """The source with the change."""
        return source[: self.start] + self.text + source[self.end :]

    def key(self, source: str, beside: str = "") -> str:
        """A name for the change in a file that says what it says now.

        Args:
            beside: What else its verdict depends on.
        """
        about = f"{self.path}\0{beside}\0{self.applied(source)}"
        return hashlib.sha256(about.encode()).hexdigest()[:16]

    def shown(self, source: str) -> tuple[str, str]:
        """The first changed line without and with the change."""
        now, changed = source.splitlines(), self.applied(source).splitlines()
        return now[self.line - 1].strip(), changed[self.line - 1].strip()


class Text:
    """A source, and where its lines begin."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.source = source
        self.begins = [0]
        for line in source.splitlines(keepends=True):
            self.begins.append(self.begins[-1] + len(line))

    def at(self, place: Place) -> int:
        """The character at a line and column of a token."""
        return self.begins[place[0] - 1] + place[1]

    def mutant(self, kind: str, start: Place, end: Place, text: str) -> Mutant:
        return Mutant(self.path, kind, self.at(start), self.at(end), text, start[0])


def mutants(path: str, source: str) -> list[Mutant]:
    """All mutants of a file, in the order of the file."""
    text = Text(path, source)
    types = _annotations(source) if path.endswith(".py") else []
    found = []
    for statement in _statements(source):
        if statement[0].string in NO_CODE or statement[0].type == tokenize.STRING:
            continue
        found += [*_of_tokens(text, statement), *_of_statement(text, statement)]
        found += _of_arguments(text, statement)
    inside = [each for each in found if not any(a <= each.start < b for a, b in types)]
    return sorted(set(inside), key=lambda each: (each.start, each.end, each.text))


def _statements(source: str) -> Iterator[list[TokenInfo]]:
    """The tokens of each logical line, without blanks and comments."""
    line: list[TokenInfo] = []
    # since 3.12 the code inside of a formatted text has tokens of its own
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        depth += (name == "FSTRING_START") - (name == "FSTRING_END")
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            if line:
                yield line
            line = []
        elif token.type not in BLANK and depth == 0 and name != "FSTRING_END":
            line.append(token)


def _of_tokens(text: Text, statement: list[TokenInfo]) -> Iterator[Mutant]:
    """Other operators and other numbers."""
    for place, token in enumerate(statement):
        before = statement[place - 1] if place else None
        if token.type == tokenize.NUMBER:
            yield from _of_number(text, token)
        elif token.string in SWAPS and token.type in (tokenize.OP, tokenize.NAME):
            if before is not None and before.string in (".", "for", "is"):
                continue
            if token.string == "in" and _is_loop(statement, place):
                continue
            if _is_mark(token, before):
                continue
            for other in SWAPS[token.string]:
                if token.string == "in" and before is not None and before.string == "not":
                    yield text.mutant("operator", before.start, token.end, "in")
                else:
                    yield text.mutant("operator", token.start, token.end, other)


def _is_loop(statement: list[TokenInfo], place: int) -> bool:
    """Whether an `in` is that of a loop."""
    names = [token.string for token in statement[:place]]
    return "for" in names and names[::-1].index("for") < (
        names[::-1].index("in") if "in" in names else len(names)
    )


def _is_mark(token: TokenInfo, before: TokenInfo | None) -> bool:
    """Whether it is a star before arguments and no operator."""
    if token.string not in ("*", "**"):
        return False
    return before is None or (before.type == tokenize.OP and before.string not in (")", "]", "}"))


def _of_number(text: Text, token: TokenInfo) -> Iterator[Mutant]:
    """One more, one less, nothing."""
    try:
        number = int(token.string, 0)
    except ValueError:
        return
    for other in sorted({number + 1, max(number - 1, 0), 0} - {number}):
        # a zero in the midst is one too many of the same
        if other or number == 1:
            yield text.mutant("value", token.start, token.end, str(other))


def _of_statement(text: Text, statement: list[TokenInfo]) -> Iterator[Mutant]:
    """Without the statement; with the opposite condition."""
    first, last = statement[0], statement[-1]
    if first.string in ("if", "elif") and last.string == ":":
        condition = text.source[text.at(statement[1].start) : text.at(last.start)]
        yield text.mutant("condition", statement[1].start, last.start, f"not ({condition})")
    # without the first value of a name nothing would run
    second = statement[1].string if len(statement) > 1 else ""
    is_needed = second == ":" or (second == "=" and text.path.endswith(".py"))
    # what is indented is inside of a function
    if first.start[1] and first.string not in KEPT and not is_needed:
        lines = text.source[text.at(first.start) : text.at(last.end)].count("\n")
        yield text.mutant("statement", first.start, last.end, "pass" + "\n" * lines)


def _words(statement: list[TokenInfo]) -> set[str]:
    return {token.string for token in statement}


def _of_arguments(text: Text, statement: list[TokenInfo]) -> Iterator[Mutant]:
    """Two neighbouring arguments of a call change places."""
    if statement[0].string in ("def", "class"):
        return
    for place, token in enumerate(statement[1:], 1):
        name = statement[place - 1]
        if token.string != "(" or name.type != tokenize.NAME or name.string in ("min", "max"):
            continue
        parts = _arguments(statement, place)
        for (a, b), (c, d) in pairwise(parts):
            left, right = statement[a:b], statement[c:d]
            if "=" in _words(left) | _words(right) or not left or not right:
                continue
            one, two = (
                text.source[text.at(each[0].start) : text.at(each[-1].end)]
                for each in (left, right)
            )
            between = text.source[text.at(left[-1].end) : text.at(right[0].start)]
            if one != two:
                swapped = two + between + one
                yield text.mutant("arguments", left[0].start, right[-1].end, swapped)


def _arguments(statement: list[TokenInfo], place: int) -> list[tuple[int, int]]:
    """Where the arguments of the call whose bracket is at a place begin and end."""
    parts, depth, begin = [], 0, place + 1
    for now in range(place, len(statement)):
        word = statement[now].string
        depth += (word in "([{") - (word in ")]}")
        if depth == 0 or (depth == 1 and word == ","):
            parts.append((begin, now))
            begin = now + 1
        if depth == 0:
            break
    return parts


def _annotations(source: str) -> list[tuple[int, int]]:
    """Where a Python source has types and decorators."""
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    found = []
    for node in ast.walk(ast.parse(source)):
        types: list[ast.expr | None] = []
        if isinstance(node, ast.AnnAssign | ast.arg):
            types = [node.annotation]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            types = [node.returns, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            types = [*node.decorator_list, *node.bases]
        for each in types:
            if each is not None and each.end_lineno is not None:
                found.append(
                    (
                        lines[each.lineno - 1] + each.col_offset,
                        lines[each.end_lineno - 1] + (each.end_col_offset or 0),
                    )
                )
    return found
