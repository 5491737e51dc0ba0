"""A browser's session: its cookies, its ends, and what strangers can do with either. The clock stands where a test puts
it; the hub, two instances of identity and two gateways run, no other service."""

import base64
import datetime
import json
import os
import time

import pytest
from door import ONE_TIME, OWN, Door, totp
from http_client import Browser

START = datetime.datetime(2026, 3, 2, 1, tzinfo=datetime.timezone.utc)
MYSELF = "identity.v1.IdentityService/GetMyself"


@pytest.fixture(scope="module")
def door(postgres, tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("door"), clock=START.isoformat(), gateway_ports=(None, None),
                settings={"identity": {"PULIH_IDENTITY_TOTP": "required"},
                          "gateway": {"PULIH_GATEWAY_BEHIND_PROXY": "true"}})
    try:
        yield door.start(postgres)
    finally:
        assert door.stop_processes() == []


class Clock:
    def __init__(self, door):
        self.door, self.now = door, START

    def later(self, **by):
        self.now += datetime.timedelta(**by)
        self.door.set_clock(self.now.isoformat())
        # Each process hears of it from the system; nothing shows from outside when the last one has.
        time.sleep(0.5)
        return self.now


@pytest.fixture(scope="module")
def clock(door):
    return Clock(door)


@pytest.fixture(scope="module")
def sari(door):
    """A counsellor who has chosen their password."""
    return door.person("sari@example.org", "counsellor")


def at(door, gateway=0):
    return Browser(door.gateway_ports[gateway])


def sign_in(door, email, **more):
    browser = at(door)
    answer = browser.post("/session", {"email": email, "password": OWN} | more)
    assert answer.status == 200, answer
    return browser


def reason(answer):
    return answer.json["details"][0]["debug"]["reason"]


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def cookies(answer):
    """Name → (value, attributes)."""
    return {cookie.partition("=")[0]: (cookie.partition("=")[2].partition(";")[0], set(cookie.split("; ")[1:]))
            for cookie in answer.all_fields("set-cookie")}


def test_the_cookies_are_the_gateways_alone(door, sari):
    answer = at(door).post("/session", {"email": sari, "password": OWN})
    made = cookies(answer)
    assert made["pulih"][1] == {"Path=/", "HttpOnly", "SameSite=Strict"}, "gone with the window"
    assert made["pulih-device"][1] == {"Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=15552000"}
    assert len(base64.urlsafe_b64decode(made["pulih"][0] + "=")) == 32
    assert "token" not in answer.json and made["pulih"][0] not in answer.body.decode()
    assert answer.fields["cache-control"] == "no-store"


def test_behind_https_the_cookies_are_this_hosts_alone(door, sari):
    door.settings["gateway"]["PULIH_GATEWAY_ORIGIN"] = "https://pulih.example.org"
    try:
        door.restart_process("gateway-1")
        door.wait_ready()
    finally:
        del door.settings["gateway"]["PULIH_GATEWAY_ORIGIN"]
    browser = at(door, 1)
    browser.origin = "https://pulih.example.org"
    made = cookies(browser.post("/session", {"email": sari, "password": OWN}))
    assert set(made) == {"__Host-pulih", "__Host-pulih-device"}
    assert all({"Secure", "Path=/", "HttpOnly", "SameSite=Strict"} <= flags for _, flags in made.values()), made
    assert browser.ask("GET", "/session").json["person"]["email"] == sari
    plain = at(door, 1)
    plain.origin, plain.cookie = browser.origin, browser.cookie.replace("__Host-", "")
    assert plain.call(MYSELF).status == 401, "the name is half of the promise"
    door.restart_process("gateway-1")
    door.wait_ready()


def test_each_sign_in_is_a_new_session_and_ends_the_browsers_old_one(door, sari):
    browser = sign_in(door, sari)
    old = browser.cookie
    assert browser.post("/session", {"email": sari, "password": OWN}).status == 200
    assert browser.cookie != old and browser.call(MYSELF).status == 200
    browser.cookie = old
    assert browser.call(MYSELF).status == 401


def test_a_changed_password_is_a_new_session_here_and_none_elsewhere(door):
    email = door.person("change@example.org", "counsellor")
    browser, elsewhere = sign_in(door, email), sign_in(door, email)
    before = browser.cookie
    change = lambda current: browser.post("/session/password", {"currentPassword": current, "newPassword": "rusa hutan minum"})
    wrong = change("bukan yang benar")
    assert (wrong.status, reason(wrong), browser.cookie) == (401, "SIGN_IN_REFUSED", before), wrong
    changed = change(OWN)
    assert changed.status == 200 and "token" not in changed.json, changed
    assert browser.cookie != before and browser.call(MYSELF).status == 200
    assert elsewhere.call(MYSELF).status == 401
    assert at(door).post("/session", {"email": email, "password": OWN}).status == 401
    assert at(door).post("/session/password", {"currentPassword": OWN, "newPassword": OWN + "!"}).status == 401


def test_a_cookie_is_worth_nothing_after_signing_out_on_either_gateway(door, sari):
    browser = sign_in(door, sari)
    kept = browser.cookie
    other = at(door, 1)
    other.cookie = kept
    assert other.call(MYSELF, origin=None, sec_fetch_site="same-origin").status == 200
    assert browser.ask("DELETE", "/session").status == 204
    for gateway in 0, 1:
        replay = at(door, gateway)
        replay.cookie = kept
        answer = replay.call(MYSELF)
        assert (answer.status, reason(answer)) == (401, "NOT_SIGNED_IN"), answer
        assert cookies(answer)["pulih"][0] == "" and "Max-Age=0" in cookies(answer)["pulih"][1]


def test_signing_out_everywhere_ends_every_browser(door, sari):
    browsers = [sign_in(door, sari) for _ in range(3)]
    assert browsers[0].call("identity.v1.IdentityService/SignOutEverywhere").status == 200
    assert [browser.call(MYSELF).status for browser in browsers] == [401] * 3


def forged(cookie):
    token = cookie.partition("=")[2]
    flipped = ("B" if token[0] == "A" else "A") + token[1:]
    return {"a bit turned": f"pulih={flipped}", "cut": f"pulih={token[:-1]}", "cut by half": f"pulih={token[:20]}",
            "longer": f"pulih={token}AAAA", "none": "pulih=", "another's": "pulih=" + base64.urlsafe_b64encode(os.urandom(32)).decode()[:-1],
            "twice": f"pulih={token}; pulih={token}", "its hash's shape": "pulih=" + "0" * 64, "quoted": f'pulih="{token}"',
            "another name": f"pulih2={token}", "text": "pulih=sari@example.org"}


def test_forged_cut_and_doubled_cookies_are_nobody(door, sari):
    browser = sign_in(door, sari)
    good = browser.cookie
    assert browser.call(MYSELF).status == 200
    for what, cookie in forged(good).items():
        answer = browser.ask("GET", "/session", cookie=cookie)
        assert answer.status == 200 and "person" not in answer.json, (what, answer)
        browser.cookie = None
        assert browser.call(MYSELF, cookie=cookie).status == 401, what
    browser.cookie = good
    assert browser.call(MYSELF).status == 200


def test_a_form_on_another_site_changes_nothing(door, sari):
    browser = sign_in(door, sari)
    body = json.dumps({"email": sari, "password": OWN, "currentPassword": OWN, "newPassword": "rusa hutan minum"})
    for fields in ({"origin": "https://evil.example"}, {"origin": None}, {"origin": "null"}, {"origin": "http://localhost"},
                   {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"sec_fetch_site": "none"}):
        for content_type in "application/json", "text/plain", "application/x-www-form-urlencoded":
            for path in "/session", "/session/password":
                answer = browser.ask("POST", path, body, content_type=content_type, **fields)
                assert answer.status == 403 and "set-cookie" not in answer.fields, (fields, content_type, answer)
        assert browser.ask("DELETE", "/session", **fields).status == 403, fields
    assert browser.call(MYSELF).status == 200


def test_only_json_signs_in(door, sari):
    for content_type in "text/plain", "application/x-www-form-urlencoded", None:
        answer = at(door).ask("POST", "/session", json.dumps({"email": sari, "password": OWN}), content_type=content_type)
        assert answer.status == 415, answer
    assert at(door).ask("POST", "/session", "{", content_type="application/json").status == 400


def test_the_page_is_told_when_the_session_ends_and_asking_is_no_use_of_it(door, clock, sari):
    browser = sign_in(door, sari)
    began = clock.now
    for minutes in (0, 40, 19):
        clock.later(minutes=minutes)
        told = browser.ask("GET", "/session").json
        assert told["person"]["email"] == sari, told
        assert instant(told["idleEndsAt"]) == began + datetime.timedelta(hours=1), told
        assert instant(told["expiresAt"]) == began + datetime.timedelta(hours=12), told
        assert instant(told["serverTime"]) == clock.now, told
    clock.later(minutes=1)
    over = browser.ask("GET", "/session")
    assert "person" not in over.json and cookies(over)["pulih"][0] == "", "asking kept it alive"
    assert browser.call(MYSELF).status == 401


def test_use_moves_the_idle_end_and_twelve_hours_are_the_end(door, clock, sari):
    browser = sign_in(door, sari)
    began = clock.now
    for _ in range(14):
        clock.later(minutes=50)
        assert browser.call(MYSELF).status == 200, clock.now - began
        told = browser.ask("GET", "/session").json
        assert instant(told["idleEndsAt"]) == clock.now + datetime.timedelta(hours=1), told
    clock.later(minutes=20)
    assert clock.now - began == datetime.timedelta(hours=12)
    assert browser.call(MYSELF).status == 401
    assert "person" not in browser.ask("GET", "/session").json


def test_a_coordinator_sets_up_an_app_in_the_browser(door, clock):
    email = "dewi@example.org"
    door.pulih("user", "add", "Dewi", email, "--role", "coordinator")
    door.pulih("user", "password", email, "--password-file", "-", stdin=ONE_TIME + "\n")
    browser, typed = at(door), {"email": email, "password": ONE_TIME}
    assert reason(browser.post("/session", typed)) == "PASSWORD_CHANGE_REQUIRED"
    typed["newPassword"] = OWN
    needed = browser.post("/session", typed)
    assert (needed.status, reason(needed)) == (400, "TOTP_SET_UP_REQUIRED") and browser.cookie is None, needed
    secret = browser.call("identity.v1.SignInService/SetUpTotp", {"email": email, "password": ONE_TIME}).json["secret"]
    code = lambda: totp(secret, int(clock.later(seconds=30).timestamp()))
    started = browser.post("/session", typed | {"code": code()})
    assert started.status == 200 and len(started.json["recoveryCodes"]) == 10, started
    assert browser.call(MYSELF).status == 200
    again = at(door)
    typed = {"email": email, "password": OWN}
    assert reason(again.post("/session", typed)) == "TOTP_CODE_REQUIRED"
    assert reason(again.post("/session", typed | {"code": "000000"})) == "TOTP_CODE_WRONG"
    used = code()
    assert again.post("/session", typed | {"code": used}).status == 200
    assert reason(at(door).post("/session", typed | {"code": used})) == "TOTP_CODE_WRONG", "a code replayed"
    assert at(door).post("/session", typed | {"code": started.json["recoveryCodes"][0]}).status == 200


def guess(browser, email, address, **more):
    answer = browser.post("/session", {"email": email, "password": "kuda liar tidur"}, x_forwarded_for=address, **more)
    return reason(answer)


def test_strangers_can_not_lock_anybody_out(door, clock, sari):
    at_home = sign_in(door, sari)
    device = at_home.device
    # From everywhere, and from the victim's own address.
    for number in range(4):
        assert guess(at(door), sari, f"198.51.100.{number}") == "SIGN_IN_REFUSED"
    while guess(at(door), sari, "203.0.113.7") != "SIGN_IN_TOO_OFTEN":
        pass
    elsewhere = at(door)
    assert elsewhere.post("/session", {"email": sari, "password": OWN}, x_forwarded_for="192.0.2.9").status == 200
    unknown = at(door).post("/session", {"email": sari, "password": OWN}, x_forwarded_for="203.0.113.7")
    assert (unknown.status, reason(unknown)) == (429, "SIGN_IN_TOO_OFTEN"), unknown
    known = at(door)
    known.device = device
    assert known.post("/session", {"email": sari, "password": OWN}, x_forwarded_for="203.0.113.7").status == 200
    forged = at(door)
    forged.device = "pulih-device=" + "A" * 32
    assert forged.post("/session", {"email": sari, "password": OWN}, x_forwarded_for="203.0.113.7").status == 429
    clock.later(minutes=5)


def test_an_address_is_the_proxys_word_and_never_the_callers(door, clock, sari):
    email = door.person("address@example.org", "counsellor")
    person = door.call("ListPeople", text="address@")["people"][0]["id"]
    guess(at(door), email, "6.6.6.6, 198.51.100.20")
    at(door).call("identity.v1.IdentityService/SignIn", {"email": email, "password": "x" * 10, "source": "6.6.6.6"},
                  x_forwarded_for="6.6.6.6, 198.51.100.21")
    entries = door.call("ListAccessEntries", personId=person, kind="ACCESS_ENTRY_KIND_SIGN_IN_REFUSED")["entries"]
    sources = [json.loads(entry["detail"])["source"] for entry in entries]
    assert sources == ["gateway 198.51.100.21", "gateway 198.51.100.20"], sources
