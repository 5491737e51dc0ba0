"""Reads a .sql file against the messages it serves: parameters are fields of the request, columns are fields of the
response. Whatever disagrees is a Problem with file, line and what was expected."""

import dataclasses
import pathlib
import re

import pglast
from pglast import ast, parser

from descriptors import LABEL_REPEATED, TYPE_BYTES, TYPE_MESSAGE, Problem

PATH_MAX = 4  # DB_PATH_MAX in common/db/statement.h
SCALAR_MESSAGES = (".google.protobuf.Timestamp", ".pulih.type.v1.Date")
HEADER = re.compile(r"--\s*(in|out|without|read|set)(?::\s*(.*))?$")


@dataclasses.dataclass
class Statement:
    name: str
    file: str
    text: str  # with $1, $2, …
    request: object  # DescriptorProto or None
    response: object
    row: object
    shape: str  # ROW, ROWS, NONE
    rows_field: int
    writes: bool
    paged: bool
    set: bool  # takes many requests at once
    parameters: list  # (kind, text, [index, …])
    columns: list


class Messages:
    """Looks messages up by full name and fields by path."""

    def __init__(self, files):
        self.by_name = {}
        for file in files:
            for message in file.message_type:
                self._add("." + file.package if file.package else "", message)

    def _add(self, prefix, message):
        name = f"{prefix}.{message.name}"
        self.by_name[name] = message
        for nested in message.nested_type:
            self._add(name, nested)

    def name_of(self, message):
        return next(name for name, known in self.by_name.items() if known is message)

    def path(self, message, text):
        """Indexes of the fields from `message` down to `text` ("person.birth_date"); None if there is no such field."""
        indexes = []
        for step, name in enumerate(parts := text.split(".")):
            # protobuf-c keeps a message's fields in the order of their numbers.
            ordered = sorted(message.field, key=lambda field: field.number)
            index = next((i for i, field in enumerate(ordered) if field.name == name), None)
            if index is None:
                return None
            indexes.append(index)
            field = ordered[index]
            if step + 1 < len(parts):
                if field.type != TYPE_MESSAGE or field.label == LABEL_REPEATED:
                    return None
                message = self.by_name[field.type_name]
        return indexes if len(indexes) <= PATH_MAX else None


    def is_scalar(self, message, text):
        """Whether the field at path `text`, which is one, can be an element of an array."""
        for index in self.path(message, text):
            field = sorted(message.field, key=lambda field: field.number)[index]
            message = self.by_name.get(field.type_name)
        return field.label != LABEL_REPEATED and field.type != TYPE_BYTES \
            and (field.type != TYPE_MESSAGE or field.type_name in SCALAR_MESSAGES)


def repeated_rows(messages, response):
    """The one repeated message of a list response and its index, or (None, -1)."""
    ordered = sorted(response.field, key=lambda field: field.number)
    lists = [i for i, field in enumerate(ordered) if field.label == LABEL_REPEATED and field.type == TYPE_MESSAGE]
    others = [field.name for i, field in enumerate(ordered) if i not in lists]
    if len(lists) == 1 and set(others) <= {"next_page_token", "total_size"}:
        return messages.by_name[ordered[lists[0]].type_name], lists[0]
    return None, -1


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def number_parameters(text):
    """(text with $n, [(name, line), …]). A parameter is a colon with a name right behind it."""
    names, pieces, at = [], [], 0
    tokens = parser.scan(text)
    i = 0
    while i < len(tokens):
        token = tokens[i]
        follows = tokens[i + 1] if i + 1 < len(tokens) else None
        if text[token.start:token.end + 1] == ":" and follows and follows.start == token.end + 1:
            end, i = follows.end, i + 1
            while i + 2 < len(tokens) and tokens[i + 1].start == end + 1 and tokens[i + 2].start == end + 2 \
                    and text[end + 1] == ".":
                end, i = tokens[i + 2].end, i + 2
            name = text[token.end + 1:end + 1]
            if name not in [known for known, _ in names]:
                names.append((name, line_of(text, token.start)))
            number = [known for known, _ in names].index(name) + 1
            pieces.append(text[at:token.start] + f"${number}")
            at = end + 1
        i += 1
    return "".join(pieces) + text[at:], names


def column_name(value):
    if isinstance(value, ast.ColumnRef) and isinstance(value.fields[-1], ast.String):
        last = value.fields[-1]
        return getattr(last, "val", None) or getattr(last, "sval", None)
    if isinstance(value, ast.A_Indirection) and isinstance(value.indirection[-1], ast.String):  # (composite).field
        last = value.indirection[-1]
        return getattr(last, "val", None) or getattr(last, "sval", None)
    if isinstance(value, ast.TypeCast):
        return column_name(value.arg)
    return None


def result_columns(path, text, named):
    """[(name, line), …] of the statement's result; none where nobody looks at it (not `named`), but it is still SQL."""
    try:
        parsed = pglast.parse_sql(text)
    except parser.ParseError as error:
        location = error.args[1] if len(error.args) > 1 and error.args[1] else 0
        raise Problem(f"{path}:{line_of(text, location)}: error: not SQL: {error.args[0]}") from None
    if len(parsed) != 1:
        raise Problem(f"{path}:1: error: {len(parsed)} statements; a .sql file holds exactly one")
    statement = parsed[0].stmt
    while isinstance(statement, ast.SelectStmt) and statement.larg:
        statement = statement.larg
    targets = statement.targetList if isinstance(statement, ast.SelectStmt) else getattr(statement, "returningList", None)
    columns = []
    for target in targets or () if named else ():
        line = line_of(text, target.location)
        name = target.name or column_name(target.val)
        if not name:
            raise Problem(f"{path}:{line}: error: a column without a plain name; say what it is with \"as field\", "
                          "and list columns one by one")
        columns.append((name, line))
    return columns


def headers(path, text):
    """The leading comment's "in:", "out:", "without:", "read" and "set" lines."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if match := HEADER.match(line):
            found[match[1]] = (match[2] or "").strip()
    return found


def read(messages, path, request, response, *, writes, name, shape=None):
    """Checks the file at `path` between `request` and `response` (either may be None) and gives a Statement."""
    original = pathlib.Path(path).read_text(encoding="utf-8").rstrip().rstrip(";")
    head = headers(path, original)
    text, names = number_parameters(original)
    columns = result_columns(path, text, named=response is not None)

    request_fields = [field.name for field in request.field] if request else []
    paged = "page_token" in request_fields
    takes_set = "set" in head
    parameters = []
    for parameter, line in names:
        if parameter in ("page_key", "page_limit"):
            if not paged:
                raise Problem(f"{path}:{line}: error: :{parameter} needs page_size and page_token in the request")
            parameters.append((parameter.upper(), parameter, []))
            continue
        indexes = messages.path(request, parameter) if request else None
        if indexes is None:
            raise Problem(f"{path}:{line}: error: :{parameter} isn't a field of "
                          f"{messages.name_of(request)[1:] if request else 'nothing (no request message)'}; "
                          f"expected one of {', '.join(request_fields) or 'none'}")
        if takes_set and not messages.is_scalar(request, parameter):
            raise Problem(f"{path}:{line}: error: :{parameter} can't be a set's parameter; expected a text, enum, number, "
                          "bool, Timestamp or Date that isn't repeated")
        parameters.append(("FIELD", parameter, indexes))
    if paged and not {"page_key", "page_limit"} <= {parameter for parameter, _ in names}:
        raise Problem(f"{path}:1: error: a paged list uses :page_key and :page_limit")

    row, rows_field = (None, -1)
    if response is None:
        shape = "NONE"
    elif shape is None:
        row, rows_field = repeated_rows(messages, response)
        shape = "ROWS" if row else "ROW"
    row = row or response

    bound, seen = [], set()
    for column, line in columns if row else ():
        if column == "page_key" and paged:
            bound.append(("PAGE_KEY", column, []))
            continue
        if column == "member" and takes_set:
            bound.append(("MEMBER", column, []))
            continue
        if column == "done" and not row.field:
            bound.append(("DONE", column, []))
            continue
        indexes = messages.path(row, column)
        if indexes is None:
            raise Problem(f"{path}:{line}: error: column {column} isn't a field of {messages.name_of(row)[1:]}; "
                          f"expected one of {', '.join(field.name for field in row.field) or 'done'}")
        if len(indexes) > 2:
            raise Problem(f"{path}:{line}: error: column {column} is more than one message deep; select it as jsonb")
        if column in seen:
            raise Problem(f"{path}:{line}: error: column {column} stands twice")
        seen.add(column)
        bound.append(("FIELD", column, indexes))
    if row:
        without = {part.strip() for part in head.get("without", "").split(",") if part.strip()}
        missing = [field.name for field in row.field
                   if field.name not in without and not any(c.split(".")[0] == field.name for c in seen)]
        if missing:
            raise Problem(f"{path}:1: error: no column for {', '.join(missing)} of {messages.name_of(row)[1:]}; select "
                          "it, or say \"-- without: field\" on top")
        if paged and not any(kind == "PAGE_KEY" for kind, _, _ in bound):
            raise Problem(f"{path}:1: error: a paged list selects a column page_key")
    if takes_set and (not writes or shape != "ROW" or not any(kind == "MEMBER" for kind, _, _ in bound)):
        raise Problem(f"{path}:1: error: a statement that takes a set writes, gives one thing to each request, and selects "
                      "a column member")
    return Statement(name, str(path), text, request, response, row, shape, rows_field, writes, paged, takes_set,
                     parameters, bound)
