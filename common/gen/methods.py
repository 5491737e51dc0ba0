"""Makes a service's method table from its contracts and its .sql files.

    methods.py --set ALL.pb --name NAME --out DIR [--package PACKAGE=SQLDIR ...] [--internal PACKAGE=SQLDIR]

A method whose snake-case name is a file in its SQLDIR is that statement; a method without one is C and must be defined
as NAME_<snake_method>(). Files that are no method, under the --internal folder, are statements for C: they say on top
which messages of the internal package they take and give:

    -- in: ClaimRequest
    -- out: Delivery rows     (one message a row; without "rows" exactly one row; "none": nothing is looked at)
    -- read                   (changes nothing, so its answer needn't wait for a flush)

A method's statement may say "-- set" on top: then it takes many requests at once (CONTRIBUTING, "Sets").

Writes NAME_methods.c and NAME_methods.h into DIR. Any disagreement fails the build.
"""

import argparse
import json
import os
import pathlib

import descriptors
import statements
from descriptors import Problem, c_name, fail, snake

READ_ONLY = 1  # MethodOptions.NO_SIDE_EFFECTS


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path())
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--internal")
    parser.add_argument("--depfile", type=pathlib.Path)
    return parser.parse_args()


def read_methods(options, files, access_of, messages, problems):
    """[(full name, input, output, access, read-only, Statement or None)]"""
    methods = []
    for package, _, folder in (argument.partition("=") for argument in options.package):
        used = set()
        for file in (file for file in files if file.package == package):
            for service in file.service:
                for method in service.method:
                    full = f"{package}.{service.name}/{method.name}"
                    try:
                        access = access_of(method.options)
                        if access is None or not (access.anyone or access.roles):
                            raise Problem(f"{file.name}: error: {full} doesn't say who may call it; expected "
                                          "option (pulih.access)")
                        request = messages.by_name[method.input_type]
                        response = messages.by_name[method.output_type]
                        read_only = method.options.idempotency_level == READ_ONLY
                        path = pathlib.Path(folder) / f"{snake(method.name)}.sql"
                        used.add(path.name)
                        statement = None
                        if (options.root / path).exists():
                            statement = statements.read(messages, options.root / path, request, response,
                                                        writes=not read_only, name=snake(method.name))
                        methods.append((full, method.input_type, method.output_type, access, read_only, statement))
                    except Problem as problem:
                        problems.append(problem)
        for path in sorted((options.root / folder).glob("*.sql")):
            if path.name not in used:
                problems.append(f"{path}:1: error: no method of {package} is called so; expected one of "
                                f"{', '.join(sorted(used))}, or move it to internal/")
    return sorted(methods, key=lambda method: method[0])


def read_internal(options, messages, problems):
    """Statements that only C uses."""
    found = []
    if not options.internal:
        return found
    package, _, folder = options.internal.partition("=")

    def message(path, name):
        for candidate in (f".{package}.{name}", f".{name}"):
            if candidate in messages.by_name:
                return messages.by_name[candidate]
        raise Problem(f"{path}:1: error: there is no message {name} in {package}")

    for path in sorted((options.root / folder).glob("*.sql")):
        try:
            head = statements.headers(path, path.read_text(encoding="utf-8"))
            if "out" not in head:
                raise Problem(f"{path}:1: error: expected \"-- out: Message\", \"-- out: Message rows\" or "
                              "\"-- out: none\" on top")
            request = message(path, head["in"]) if "in" in head else None
            out, _, rows = head["out"].partition(" ")
            response = None if out == "none" else message(path, out)
            shape = {"": "ROW", "rows": "ROWS"}[rows.strip()] if response else None
            found.append(statements.read(messages, path, request, response, writes="read" not in head,
                                         name=path.stem, shape=shape))
        except Problem as problem:
            problems.append(problem)
    return found


def c_text(text):
    """As C string literals, a line each."""
    lines = text.split("\n")
    return "\n".join("    " + json.dumps(line + ("\n" if i + 1 < len(lines) else ""), ensure_ascii=False)
                     for i, line in enumerate(lines))


def path_initializer(text, indexes):
    return f'{{{json.dumps(text)}, {len(indexes)}, {{{", ".join(map(str, indexes)) or "0"}}}}}'


def write_statement(out, name, root, messages, statement):
    symbol = f"{name}_{statement.name}_statement"
    descriptor = lambda message: f"&{c_name(messages.name_of(message))}__descriptor" if message is not None else "NULL"
    for part, rows, kind in (("parameters", statement.parameters, "PARAMETER"), ("columns", statement.columns, "COLUMN")):
        if rows:
            out.append(f"static const struct db_{part[:-1]} {symbol}_{part}[] = {{")
            out += [f"    {{DB_{kind}_{what}, {path_initializer(text, indexes)}}}," for what, text, indexes in rows]
            out.append("};")
    out.append(f"""const struct db_statement {symbol} = {{
    .name = {json.dumps(statement.name)},
    .file = {json.dumps(os.path.relpath(statement.file, root))},
    .text =
{c_text(statement.text)},
    .in = {descriptor(statement.request)},
    .out = {descriptor(statement.response)},
    .row = {descriptor(statement.row)},
    .shape = DB_SHAPE_{statement.shape},
    .rows_field = {statement.rows_field},
    .writes = {str(statement.writes).lower()},
    .paged = {str(statement.paged).lower()},
    .set = {str(statement.set).lower()},
    .parameters = {symbol + "_parameters" if statement.parameters else "NULL"},
    .parameter_count = {len(statement.parameters)},
    .columns = {symbol + "_columns" if statement.columns else "NULL"},
    .column_count = {len(statement.columns)},
}};
""")


def method_initializer(full, request, response, access, read_only):
    """Of a struct method, still open for its statement or handler."""
    roles = " | ".join(f"1u << {role}" for role in access.roles) or "0"
    return f"""    {{.name = {json.dumps(full)},
     .input = &{c_name(request)}__descriptor, .output = &{c_name(response)}__descriptor,
     .roles = {roles}, .anyone = {str(access.anyone).lower()}, .changes_access = {str(access.changes_access).lower()},
     .read_only = {str(read_only).lower()}"""


def headers_of(files, packages):
    names = {pathlib.PurePath(file.name).name for file in files
             if file.package in packages or file.name.startswith(("google/protobuf/timestamp", "pulih/type/"))}
    return [f'#include "{name[:-len(".proto")]}.pb-c.h"' for name in sorted(names)]


def main():
    options = parse_arguments()
    plain, _, access_of = descriptors.load(options.set)
    messages = statements.Messages(plain.file)
    problems = []
    methods = read_methods(options, plain.file, access_of, messages, problems)
    internal = read_internal(options, messages, problems)
    fail(problems)

    name = options.name
    packages = {argument.partition("=")[0] for argument in options.package + ([options.internal] if options.internal else [])}
    all_statements = [method[5] for method in methods if method[5]] + internal
    head = ["// Generated by common/gen/methods.py; edit the .proto and .sql files instead.", "#pragma once", "",
            '#include "db/statement.h"', '#include "rpc/method.h"', *headers_of(plain.file, packages), "",
            f"extern const struct method_table {name}_methods;",
            f"extern const struct db_statement *const {name}_statements[{len(all_statements) or 1}];",
            f"enum {{ {name}_statement_count = {len(all_statements)} }};", ""]
    head += [f"extern const struct db_statement {name}_{statement.name}_statement;" for statement in all_statements]
    head += [f"method_handler {name}_{snake(full.split('/')[1])};" for full, *_, statement in methods if not statement]

    body = [f'#include "{name}_methods.h"', "", '#include "options.pb-c.h"', ""]
    for statement in all_statements:
        write_statement(body, name, options.root, messages, statement)
    body.append(f"const struct db_statement *const {name}_statements[] = {{")
    body += [f"    &{name}_{statement.name}_statement," for statement in all_statements] or ["    NULL,"]
    body += ["};", "", "static const struct method methods[] = {"]
    for full, request, response, access, read_only, statement in methods:
        body.append(method_initializer(full, request, response, access, read_only) + ",")
        body.append(f"     .statement = &{name}_{statement.name}_statement}}," if statement else
                    f"     .handle = {name}_{snake(full.split('/')[1])}}},")
    body += ["};", "", f"const struct method_table {name}_methods = {{methods, sizeof methods / sizeof methods[0]}};"]

    (options.out / f"{name}_methods.h").write_text("\n".join(head) + "\n", encoding="utf-8")
    (options.out / f"{name}_methods.c").write_text("\n".join(body) + "\n", encoding="utf-8")
    if options.depfile:
        # The folders too: a file that comes or goes changes what a method is made of.
        folders = {argument.partition("=")[2] for argument in options.package + [options.internal or "="]}
        sources = sorted({statement.file for statement in all_statements} |
                         {str(options.root / folder) for folder in folders if (options.root / folder).is_dir()})
        options.depfile.write_text(f"{name}_methods.c: {' '.join(sources)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
