"""Signing in and out of a browser."""

import base64

import pytest


def test_a_browser_signs_in_is_known_and_signs_out(running, world, browser):
    before = browser.ask("GET", "/session")
    assert before.status == 200 and "person" not in before.json, before
    assert before.json == {"foundation": "Yayasan Contoh", "training": True, "serverTime": "2026-03-02T01:00:00Z", "oidc": ""}

    started = browser.sign_in("koordinator@example.org")
    assert "token" not in started.json and started.json["person"]["roles"] == ["ROLE_COORDINATOR"], started
    cookie = next(text for text in started.all_fields("set-cookie") if "-device=" not in text)
    assert cookie.startswith("pulih=") and cookie.endswith("; Path=/; HttpOnly; SameSite=Strict"), cookie

    known = browser.ask("GET", "/session")
    assert known.json["person"]["email"] == "koordinator@example.org", known
    assert browser.call("identity.v1.IdentityService/GetMyself").json["email"] == "koordinator@example.org"

    kept = browser.cookie
    over = browser.ask("DELETE", "/session")
    assert over.status == 204 and "Max-Age=0" in over.fields["set-cookie"], over
    browser.cookie = kept
    assert browser.call("identity.v1.IdentityService/GetMyself").status == 401
    assert "person" not in browser.ask("GET", "/session").json


def test_a_wrong_password_is_refused_and_sets_no_cookie(world, browser):
    refused = browser.post("/session", {"email": "koordinator@example.org", "password": "bukan yang benar"})
    assert refused.status == 401 and "set-cookie" not in refused.fields, refused
    assert refused.json["details"][0]["debug"]["reason"] == "SIGN_IN_REFUSED", refused


@pytest.mark.parametrize("fields", [{"origin": None}, {"origin": "https://evil.example"}, {"origin": "null"},
                                    {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"},
                                    {"sec_fetch_site": "none"}])
def test_another_site_can_neither_sign_in_nor_change_anything_with_the_cookie(coordinator, fields):
    signing_in = coordinator.post("/session", {"email": "koordinator@example.org", "password": "x"}, **fields)
    assert signing_in.status == 403, signing_in
    calling = coordinator.call("identity.v1.IdentityService/GetMyself", **fields)
    assert calling.status == 403 and calling.json["details"][0]["debug"]["reason"] == "CROSS_SITE", calling
    assert coordinator.ask("DELETE", "/session", **fields).status == 403
    assert coordinator.call("identity.v1.IdentityService/GetMyself").status == 200


def test_a_program_signs_in_by_the_method_and_calls_with_a_bearer_token(world, browser):
    started = browser.call("identity.v1.IdentityService/SignIn", {"email": "koordinator@example.org",
                                                                  "password": "pulih kembali bersama"}, origin=None)
    token = base64.urlsafe_b64encode(base64.b64decode(started.json["token"])).decode().rstrip("=")
    myself = browser.call("identity.v1.IdentityService/GetMyself", origin=None, authorization=f"Bearer {token}")
    assert myself.status == 200 and myself.json["email"] == "koordinator@example.org", myself


@pytest.mark.parametrize("cookie", ["pulih=", "pulih=AAAA", "pulih=" + "A" * 43, "pulih=" + "A" * 500,
                                    "pulih=%00", "pulih=a; pulih=b"])
def test_a_forged_cookie_is_nobody(world, browser, cookie):
    answer = browser.call("identity.v1.IdentityService/GetMyself", cookie=cookie)
    assert answer.status == 401 and answer.json["code"] == "unauthenticated", answer
