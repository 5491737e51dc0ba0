"""The page's files."""

import gzip

import pytest
from page_files import PAGE

SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin", "cross-origin-opener-policy": "same-origin"}


def test_a_file_is_served_packed_where_the_browser_takes_that(browser):
    plain = browser.ask("GET", "/assets/app-ABCDEFG2.js")
    packed = browser.ask("GET", "/assets/app-ABCDEFG2.js", accept_encoding="br, gzip")
    assert plain.body == PAGE["assets/app-ABCDEFG2.js"] and "content-encoding" not in plain.fields
    assert gzip.decompress(packed.body) == plain.body and packed.fields["content-encoding"] == "gzip"
    assert browser.ask("GET", "/assets/app-ABCDEFG2.js", accept_encoding="gzip;q=0").body == plain.body
    assert plain.fields["etag"] != packed.fields["etag"], "one name for two contents"
    for answer in plain, packed:
        assert answer.fields["vary"] == "Accept-Encoding"
        assert answer.fields["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.fields["content-type"] == "text/javascript; charset=utf-8"


def test_the_page_answers_its_own_paths_and_nothing_else(browser):
    for path in "/", "/index.html", "/jadwal", "/peserta/0195", "/a%20b":
        answer = browser.ask("GET", path)
        assert answer.status == 200 and answer.body == PAGE["index.html"], (path, answer)
        assert answer.fields["cache-control"] == "no-cache"
    for path in "/missing.js", "/.secret", "/index.html.gz", "/peserta/x.json":
        assert browser.ask("GET", path).status == 404, path
    assert browser.ask("POST", "/jadwal", "").status == 405


def test_what_the_browser_has_is_not_sent_again(browser):
    first = browser.ask("GET", "/logo.svg")
    again = browser.ask("GET", "/logo.svg", if_none_match=first.fields["etag"])
    assert again.status == 304 and again.body == b"" and again.fields["etag"] == first.fields["etag"], again
    assert browser.ask("GET", "/logo.svg", if_none_match='"other"').status == 200
    head = browser.ask("HEAD", "/logo.svg")
    assert head.body == b"" and head.fields["content-length"] == str(len(PAGE["logo.svg"])), head


@pytest.mark.parametrize("path", ["/", "/logo.svg", "/jadwal"])
def test_the_page_may_run_only_its_own_scripts(browser, path):
    fields = browser.ask("GET", path).fields
    policy = dict(part.strip().split(" ", 1) for part in fields["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'", policy
    assert policy["frame-ancestors"] == "'none'" and "unsafe-inline" not in fields["content-security-policy"]
    assert {name: fields.get(name) for name in SAFE} == SAFE
    assert "camera=()" in fields["permissions-policy"]
