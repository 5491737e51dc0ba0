"""Runs protoc and protoc-c over the contracts without needing C for descriptor.proto.

    protos.py --set OUT.pb --c-dir DIR --path DIR [--path DIR ...] FILE.proto ...

Writes the whole descriptor set to OUT.pb. The C code is made from a copy from which our method options have been
taken out, since protobuf-c has no use for them (PITFALLS 12) and they would drag in descriptor.proto. In that copy each
file is known by its last part alone, so that `#include "enrollment.pb-c.h"` finds it; two files of one name are refused.
"""

import argparse
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2

from descriptors import fail

DESCRIPTOR = "google/protobuf/descriptor.proto"


def without_options(whole):
    """A copy for protoc-c: flat file names, no method options, no extensions, no source positions."""
    stripped = descriptor_pb2.FileDescriptorSet()
    flat = {}
    for file in whole.file:
        if file.name == DESCRIPTOR:
            continue
        name = pathlib.PurePath(file.name).name
        if name in flat:
            fail([f"{file.name}: error: {flat[name]} has the same file name; give it another"])
        flat[name] = file.name
        file.name = name
        file.ClearField("source_code_info")
        file.ClearField("extension")
        imports = [pathlib.PurePath(path).name for path in file.dependency if path != DESCRIPTOR]
        del file.dependency[:]
        file.dependency.extend(imports)
        for service in file.service:
            for method in service.method:
                method.ClearField("options")
        stripped.file.append(file)
    return stripped


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", action="append", required=True, type=pathlib.Path)
    parser.add_argument("--set", required=True)
    parser.add_argument("--c-dir", required=True)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()

    # protoc compares paths as text, so both sides are made absolute.
    paths = [f"-I{path.resolve()}" for path in options.path]
    subprocess.run(["protoc", *paths, "--include_imports", "--include_source_info",
                    f"--descriptor_set_out={options.set}", *[path.resolve() for path in options.files]], check=True)
    with open(options.set, "rb") as file:
        stripped = without_options(descriptor_pb2.FileDescriptorSet.FromString(file.read()))
    with tempfile.NamedTemporaryFile(suffix=".pb") as copy:
        copy.write(stripped.SerializeToString())
        copy.flush()
        subprocess.run(["protoc", f"--descriptor_set_in={copy.name}", f"--c_out={options.c_dir}",
                        *[file.name for file in stripped.file]], check=True)


if __name__ == "__main__":
    main()
