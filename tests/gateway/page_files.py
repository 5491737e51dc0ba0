"""A page, whatever the real one is: what is tested here is how files are served."""

import gzip

PAGE = {"index.html": b"<!doctype html><title>Pulih</title><script src=/assets/app-ABCDEFG2.js></script>" + b" " * 2000,
        "assets/app-ABCDEFG2.js": b"console.log(1);" * 200, "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}


def write_page(folder):
    (folder / "assets").mkdir(parents=True)
    for name, content in PAGE.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    (folder / ".secret").write_text("not for anybody")
