"""Makes /openapi.json: the Connect protocol's view of every contract, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0).

    openapi.py --set ALL.pb --version 0.1.0 --out DIR

Writes openapi.json into DIR, and openapi.c, which has it plain and packed for the gateway. What there is to say comes
from the contracts' own prose. Messages are ProtoJSON (https://protobuf.dev/programming-guides/json/): 64-bit numbers are
texts, enums their names, bytes base64, a Timestamp RFC 3339.
"""

import argparse
import gzip
import hashlib
import json
import pathlib

import descriptors
import prose
from methods import READ_ONLY

FIELD = descriptors.descriptor_pb2.FieldDescriptorProto
NUMBERS_32 = {FIELD.TYPE_INT32, FIELD.TYPE_SINT32, FIELD.TYPE_SFIXED32}
UNSIGNED_32 = {FIELD.TYPE_UINT32, FIELD.TYPE_FIXED32}
NUMBERS_64 = {FIELD.TYPE_INT64, FIELD.TYPE_SINT64, FIELD.TYPE_SFIXED64, FIELD.TYPE_UINT64, FIELD.TYPE_FIXED64}
FLOATS = {FIELD.TYPE_FLOAT, FIELD.TYPE_DOUBLE}
TIMESTAMP = ".google.protobuf.Timestamp"
STATUS = "pulih.rpc.v1.Status"

# Connect's codes and their HTTP statuses, https://connectrpc.com/docs/protocol#error-codes.
CODES = ["canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied",
         "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal", "unavailable",
         "data_loss", "unauthenticated"]


def reference(name):
    return {"$ref": f"#/components/schemas/{name.strip('.')}"}


def schema_of(field, text):
    """One field as it stands in JSON."""
    if field.type == FIELD.TYPE_MESSAGE and field.type_name == TIMESTAMP:
        schema = {"type": "string", "format": "date-time"}
    elif field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM):
        schema = reference(field.type_name)
    elif field.type in NUMBERS_32:
        schema = {"type": "integer", "format": "int32"}
    elif field.type in UNSIGNED_32:
        schema = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
    elif field.type in NUMBERS_64:
        schema = {"type": "string", "pattern": "^-?[0-9]+$"}
    elif field.type in FLOATS:
        schema = {"type": "number"}
    elif field.type == FIELD.TYPE_BOOL:
        schema = {"type": "boolean"}
    elif field.type == FIELD.TYPE_BYTES:
        schema = {"type": "string", "contentEncoding": "base64"}
    else:
        schema = {"type": "string"}
    if field.label == FIELD.LABEL_REPEATED:
        schema = {"type": "array", "items": schema}
    return schema | ({"description": text} if text else {})


class Document:
    def __init__(self, files, access_of, version):
        self.files = [file for file in files if file.package.startswith("pulih")]
        self.access_of = access_of
        self.texts = prose.read(files)
        self.roles = {value.number: value.name.removeprefix("ROLE_") for file in self.files for enum in file.enum_type
                      if enum.name == "Role" for value in enum.value}
        self.messages, self.enums = {}, {}
        for file in self.files:
            self.index(file.package, file.message_type, file.enum_type)
        self.schemas = {}
        self.use(STATUS)
        paths = {path: item for file in self.files for path, item in self.paths(file)}
        self.tree = {
            "openapi": "3.1.0",
            "info": {"title": "Pulih", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                     "description": "Every method by the Connect protocol (https://connectrpc.com/docs/protocol): POST with "
                                    "JSON, and GET for those that change nothing. Errors say in `details[0].debug.reason` "
                                    "what programs branch on."},
            "servers": [{"url": "/"}],
            "security": [{"cookie": []}, {"bearer": []}],
            "tags": self.tags(),
            "paths": dict(sorted(paths.items())),
            "components": {"schemas": dict(sorted((self.schemas | {"Error": self.error()}).items())),
                           "responses": {"Error": {"description": "What went wrong.", "content": {
                               "application/json": {"schema": reference("Error")}}}},
                           "securitySchemes": {
                               "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-pulih",
                                          "description": "For browsers: set by POST /session."},
                               "bearer": {"type": "http", "scheme": "bearer",
                                          "description": "For programs: the token of SignIn, in base64url."}}},
        }

    def index(self, prefix, messages, enums):
        for message in messages:
            self.messages[f"{prefix}.{message.name}"] = message
            self.index(f"{prefix}.{message.name}", message.nested_type, message.enum_type)
        self.enums |= {f"{prefix}.{enum.name}": enum for enum in enums}

    def use(self, name):
        """Adds the schema of a message or an enum, and of what it needs."""
        name = name.strip(".")
        if name in self.schemas or f".{name}" == TIMESTAMP:
            return
        text = self.texts.get(name)
        if name in self.enums:
            values = [value.name for value in self.enums[name].value]
            told = " ".join(f"`{value}`: {self.texts[f'{name}.{value}']}" for value in values if f"{name}.{value}" in self.texts)
            self.schemas[name] = {"type": "string", "enum": values, "description": f"{text or ''} {told}".strip()}
            return
        message = self.messages[name]
        self.schemas[name] = {"type": "object", **({"description": text} if text else {}), "properties": {
            field.json_name: schema_of(field, self.texts.get(f"{name}.{field.name}")) for field in message.field}}
        for field in message.field:
            if field.type in (FIELD.TYPE_MESSAGE, FIELD.TYPE_ENUM):
                self.use(field.type_name)

    def tags(self):
        found = [{"name": f"{file.package}.{service.name}", "description": self.texts.get(f"{file.package}.{service.name}", "")}
                 for file in self.files for service in file.service]
        return sorted(found, key=lambda tag: tag["name"])

    def who(self, access):
        if access.anyone:
            return "Anyone, without signing in."
        return "For " + ", ".join(sorted(self.roles[role] for role in access.roles)) + "."

    def paths(self, file):
        for service in file.service:
            for method in service.method:
                access = self.access_of(method.options)
                full = f"{file.package}.{service.name}/{method.name}"
                self.use(method.input_type)
                self.use(method.output_type)
                common = {"tags": [f"{file.package}.{service.name}"], "summary": method.name,
                          "description": f"{self.texts.get(full, '')} {self.who(access)}".strip(),
                          "responses": {"200": {"description": "The answer.", "content": {
                              "application/json": {"schema": reference(method.output_type)}}},
                              "default": {"$ref": "#/components/responses/Error"}},
                          **({"security": []} if access.anyone else {})}
                item = {"post": {"operationId": full.replace("/", "."), **common, "requestBody": {
                    "required": True, "content": {"application/json": {"schema": reference(method.input_type)}}}}}
                if method.options.idempotency_level == READ_ONLY:
                    item["get"] = {"operationId": full.replace("/", ".") + ".get", **common, "parameters": [
                        {"name": "encoding", "in": "query", "required": True, "schema": {"const": "json"}},
                        {"name": "message", "in": "query", "required": True,
                         "content": {"application/json": {"schema": reference(method.input_type)}}}]}
                yield f"/{full}", item

    @staticmethod
    def error():
        return {"type": "object", "required": ["code"], "description": "How a call failed, with the HTTP status of its code.",
                "properties": {
                    "code": {"type": "string", "enum": CODES},
                    "message": {"type": "string", "description": "For people, English."},
                    "details": {"type": "array", "items": {
                        "type": "object", "required": ["type", "value"],
                        "properties": {"type": {"type": "string", "description": f"`{STATUS}`."},
                                       "value": {"type": "string", "contentEncoding": "base64"},
                                       "debug": reference(STATUS)}}}}}


def c_bytes(name, data):
    lines = [", ".join(map(str, data[at:at + 32])) + "," for at in range(0, len(data), 32)]
    return [f"static const unsigned char {name}[] = {{", *lines, "};"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    options = parser.parse_args()
    plain, _, access_of = descriptors.load(options.set)
    # What services keep to themselves is no contract.
    files = [file for file in plain.file if ".internal." not in file.package]
    text = json.dumps(Document(files, access_of, options.version).tree, ensure_ascii=False, separators=(",", ":")).encode()
    packed = gzip.compress(text, mtime=0)
    (options.out / "openapi.json").write_bytes(text)
    (options.out / "openapi.c").write_text("\n".join([
        "// Generated by common/gen/openapi.py.", '#include "openapi.h"', "", *c_bytes("text", text), *c_bytes("packed", packed),
        "const struct openapi openapi = {text, sizeof text, packed, sizeof packed, "
        f'"\\"{hashlib.sha256(text).hexdigest()[:32]}\\"", "\\"{hashlib.sha256(packed).hexdigest()[:32]}\\""}};', ""]))


if __name__ == "__main__":
    main()
