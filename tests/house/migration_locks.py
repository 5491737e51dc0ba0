"""What a migration must not do while old and new instances serve side by side: hold a lock on a table for as long as it takes to
read or write all of it, or take away what the old ones still use. Tables that the migration makes itself are free.

A statement that does it all the same says why it may, in a comment of its own: `-- locks: the table has a row a prison`.
"""

import re

import pglast
from pglast import ast, enums
from pglast.visitors import Visitor

WAIVER = re.compile(r"^\s*-- locks: \S.{9,}$", re.M)
# Their value is the same for every row, so that PostgreSQL keeps it once and rewrites nothing.
STEADY = {"now", "current_date", "transaction_timestamp", "context.now"}


def name_of(relation):
    return ".".join(filter(None, (relation.schemaname, relation.relname)))


def functions(node):
    """Names of the functions that an expression calls."""
    found = set()

    class Calls(Visitor):
        def visit_FuncCall(self, _, call):
            found.add(".".join(part.sval for part in call.funcname if part.sval != "pg_catalog"))

        def visit_SQLValueFunction(self, _, call):
            found.add("now")

    Calls()(node)
    return found


def of_new_column(column):
    for constraint in column.constraints or ():
        kind = constraint.contype
        if kind == enums.ConstrType.CONSTR_DEFAULT and (calls := functions(constraint.raw_expr) - STEADY):
            yield f"column {column.colname} gets a value of its own in every row ({', '.join(sorted(calls))}): add it without, fill it in parts"
        if kind in (enums.ConstrType.CONSTR_GENERATED, enums.ConstrType.CONSTR_IDENTITY):
            yield f"column {column.colname} is generated: the table is written anew"
        if kind in (enums.ConstrType.CONSTR_UNIQUE, enums.ConstrType.CONSTR_PRIMARY):
            yield f"column {column.colname} is unique: make the index concurrently, then the constraint from it"
        if kind in (enums.ConstrType.CONSTR_CHECK, enums.ConstrType.CONSTR_FOREIGN):
            yield f"column {column.colname} is checked in every row: add the constraint not valid, validate it in the next migration"
    if column.typeName.names[-1].sval in ("serial", "bigserial", "smallserial"):
        yield f"column {column.colname} is a serial: the table is written anew"


def of_constraint(constraint):
    if constraint.contype in (enums.ConstrType.CONSTR_CHECK, enums.ConstrType.CONSTR_FOREIGN):
        if not constraint.skip_validation:
            yield f"constraint {constraint.conname} reads every row: not valid, and validated in the next migration"
    elif not constraint.indexname:
        yield f"constraint {constraint.conname} makes its index while nobody can write: make it concurrently, then using index"


def of_alteration(command):
    kinds = enums.AlterTableType
    if command.subtype == kinds.AT_AddColumn:
        yield from of_new_column(command.def_)
    elif command.subtype == kinds.AT_AddConstraint:
        yield from of_constraint(command.def_)
    elif command.subtype == kinds.AT_AlterColumnType:
        yield f"column {command.name} changes its type: add another beside it, fill it in parts"
    elif command.subtype == kinds.AT_SetNotNull:
        yield f"column {command.name} is looked at in every row: a check not valid first, validated, then this"
    elif command.subtype == kinds.AT_DropColumn:
        yield f"column {command.name} goes while old instances may use it"
    elif command.subtype in (kinds.AT_SetLogged, kinds.AT_SetUnLogged, kinds.AT_SetTableSpace, kinds.AT_AttachPartition):
        yield "the whole table is read or written"


def of_statement(statement, new):
    relation = getattr(statement, "relation", None)
    existing = isinstance(relation, ast.RangeVar) and name_of(relation) not in new
    if isinstance(statement, ast.IndexStmt) and existing and not statement.concurrent:
        yield f"index on {name_of(relation)} keeps everybody from writing: concurrently, in a migration that begins with -- outside a transaction"
    elif isinstance(statement, ast.AlterTableStmt) and existing and statement.objtype == enums.ObjectType.OBJECT_TABLE:
        for command in statement.cmds:
            yield from of_alteration(command)
    elif isinstance(statement, (ast.UpdateStmt, ast.DeleteStmt)) and existing:
        yield f"rows of {name_of(relation)} are written in one transaction: in parts, by a service"
    elif isinstance(statement, ast.RenameStmt) and existing:
        yield f"{name_of(relation)}: a name goes while old instances use it"
    elif isinstance(statement, ast.DropStmt) and statement.removeType in (
            enums.ObjectType.OBJECT_TABLE, enums.ObjectType.OBJECT_VIEW, enums.ObjectType.OBJECT_FUNCTION):
        yield "something goes that old instances may use"
    elif isinstance(statement, (ast.LockStmt, ast.ClusterStmt, ast.VacuumStmt)):
        yield "everybody waits for it"


def offences(text):
    """[(line, what is wrong)]"""
    new, found = set(), []
    for raw in pglast.parse_sql(text):
        statement = raw.stmt
        # In bytes, as PostgreSQL counts; the comments above a statement are within.
        encoded = text.encode()
        begin, end = raw.stmt_location, raw.stmt_location + (raw.stmt_len or len(encoded))
        own = encoded[begin:end].decode()
        if isinstance(statement, (ast.CreateStmt, ast.CreateTableAsStmt)):
            new.add(name_of(statement.relation if isinstance(statement, ast.CreateStmt) else statement.into.rel))
        if WAIVER.search(own):
            continue
        line = text.count("\n", 0, len(encoded[:begin].decode()) + len(own) - len(own.lstrip())) + 1
        found += [(line, what) for what in of_statement(statement, new)]
    return found
