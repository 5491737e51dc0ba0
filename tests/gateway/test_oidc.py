"""Signing in by an OpenID provider: the real npm oidc-provider, through every redirect that a browser would follow."""

import contextlib
import http.client
import json
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
from door import OWN, Door
from http_client import Browser
from postgres import ROOT

SECRET = "a secret with spaces & signs+"


@pytest.fixture(scope="module")
def door(postgres, tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("door"), gateway_ports=(None,), settings={"gateway": {"PULIH_GATEWAY_OIDC_NAME": "Akun Yayasan"}})
    redirect = f"{door.gateway_url}/oidc/callback"
    provider = subprocess.Popen([shutil.which("node"), ROOT / "tests/gateway/oidc_provider.mjs", redirect, SECRET], text=True,
                                stdout=subprocess.PIPE)
    try:
        door.issuer = provider.stdout.readline().strip()
        assert door.issuer, "no provider: npm install"
        (door.folder / "client secret").write_text(SECRET + "\n")
        door.settings["identity"] = {"PULIH_IDENTITY_TOTP": "required", "PULIH_OIDC_ISSUER": door.issuer,
                                     "PULIH_OIDC_CLIENT_ID": "pulih", "PULIH_OIDC_REDIRECT_URI": redirect,
                                     "PULIH_OIDC_CLIENT_SECRET_FILE": str(door.folder / "client secret")}
        door.start(postgres)
        for name, role in ("sari", "counsellor"), ("dewi", "coordinator"), ("pergi", "counsellor"):
            door.pulih("user", "add", name, f"{name}@example.org", "--role", role)
        door.pulih("user", "disable", "pergi@example.org", "--yes")
        yield door
        assert door.stop_processes() == []
    finally:
        provider.kill()
        provider.wait()
        provider.stdout.close()
        with contextlib.suppress(Exception):
            door.stop_processes()


def will_be(door, **who):
    """Whom the provider signs in from now on."""
    urllib.request.urlopen(f"{door.issuer}/who", json.dumps(who).encode()).close()


class Traveller(Browser):
    """A browser that also keeps the cookies of the provider."""

    def __init__(self, door):
        super().__init__(door.gateway_ports[0])
        self.door, self.theirs, self.way = door, {}, None

    def begin(self):
        answer = self.ask("GET", "/oidc/start")
        assert answer.status == 303, answer
        self.way, = [cookie for cookie in answer.all_fields("set-cookie") if cookie.startswith("pulih-oidc=")]
        assert "HttpOnly" in self.way and "SameSite=Lax" in self.way, self.way
        self.way = self.way.split(";")[0]
        self.cookie = None
        return answer.fields["location"]

    def visit(self, url, **who):
        """At the provider, up to where it sends the browser back; gives that address."""
        will_be(self.door, **who)
        for _ in range(10):
            if not url.startswith(self.door.issuer):
                return url
            parts = urllib.parse.urlsplit(url)
            connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
            cookies = "; ".join(f"{name}={value}" for name, value in self.theirs.items())
            connection.request("GET", f"{parts.path}?{parts.query}", headers={"Cookie": cookies, "Host": parts.netloc})
            response = connection.getresponse()
            for cookie in response.headers.get_all("set-cookie") or []:
                name, _, value = cookie.split(";")[0].partition("=")
                self.theirs[name] = value
            body = response.read()
            assert "location" in response.headers, body
            url = urllib.parse.urljoin(url, response.headers["location"])
            connection.close()
        raise AssertionError("it goes round and round")

    def come_back(self, url, cookie=None):
        """Where the gateway sends the browser, "/" when it is signed in."""
        parts = urllib.parse.urlsplit(url)
        answer = self.ask("GET", f"{parts.path}?{parts.query}", cookie=cookie or self.way)
        assert answer.status == 303, answer
        return answer.fields["location"]

    def sign_in(self, email, **who):
        return self.come_back(self.visit(self.begin(), email=email, **who))


def people(door):
    return {person["email"] for person in door.call("ListPeople")["people"]}


def test_the_page_is_told_that_there_is_a_provider(door):
    assert Browser(door.gateway_ports[0]).ask("GET", "/session").json["oidc"] == "Akun Yayasan"


def test_the_way_there_asks_for_a_code_with_pkce_state_and_nonce(door):
    one, other = Traveller(door).begin(), Traveller(door).begin()
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(one).query)
    assert one.startswith(f"{door.issuer}/auth?"), one
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == (["code"], ["S256"], ["openid email"])
    again = urllib.parse.parse_qs(urllib.parse.urlsplit(other).query)
    assert all(len(asked[name][0]) == 43 and asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_a_person_who_is_here_comes_in(door):
    browser = Traveller(door)
    assert browser.sign_in("Sari@example.org") == "/"
    assert browser.ask("GET", "/session").json["person"]["email"] == "sari@example.org"
    assert browser.call("identity.v1.IdentityService/GetMyself").status == 200
    person = browser.ask("GET", "/session").json["person"]["id"]
    entry = door.call("ListAccessEntries", personId=person, kind="ACCESS_ENTRY_KIND_SIGNED_IN")["entries"][0]
    assert json.loads(entry["detail"])["by"] == "OIDC"


def test_nobody_is_ever_added(door):
    before = people(door)
    browser = Traveller(door)
    assert browser.sign_in("orang-baru@example.org") == "/?oidc=OIDC_NOBODY_HERE"
    assert browser.ask("GET", "/session", cookie=browser.cookie).json.get("person") is None
    assert people(door) == before


def test_who_was_disabled_stays_out(door):
    assert Traveller(door).sign_in("pergi@example.org") == "/?oidc=OIDC_NOBODY_HERE"


def test_an_address_that_the_provider_does_not_vouch_for_is_none(door):
    assert Traveller(door).sign_in("sari@example.org", verified=False) == "/?oidc=OIDC_REFUSED"


def test_a_coordinator_needs_the_providers_second_factor(door):
    assert Traveller(door).sign_in("dewi@example.org") == "/?oidc=OIDC_SECOND_FACTOR_MISSING"
    assert Traveller(door).sign_in("dewi@example.org", amr=["pwd", "mfa"]) == "/"


def test_a_code_is_good_once_and_for_the_browser_that_began(door):
    victim, attacker = Traveller(door), Traveller(door)
    back = victim.visit(victim.begin(), email="sari@example.org")
    attacker.begin()
    assert attacker.come_back(back) == "/?oidc=OIDC_REFUSED", "a stolen code in another browser"
    other = attacker.visit(attacker.begin(), email="sari@example.org")
    assert victim.come_back(other) == "/?oidc=OIDC_REFUSED", "a stranger's sign-in pushed on the victim"
    assert victim.come_back(back, cookie="pulih-oidc=" + "A" * 43) == "/?oidc=OIDC_REFUSED"
    assert victim.come_back(back, cookie="x=y") == "/?oidc=OIDC_REFUSED"
    # The state alone is no way around: the code belongs to the other's PKCE verifier.
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(other).query)["state"][0]
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]
    assert attacker.come_back("/oidc/callback?" + urllib.parse.urlencode({"code": code, "state": state})) == "/?oidc=OIDC_REFUSED"
    fresh = victim.visit(victim.begin(), email="sari@example.org")
    assert victim.come_back(fresh) == "/"
    assert victim.come_back(fresh) == "/?oidc=OIDC_REFUSED", "a code used twice"


def test_what_the_provider_refuses_ends_at_the_page(door):
    browser = Traveller(door)
    browser.begin()
    assert browser.come_back("/oidc/callback?error=access_denied&state=x") == "/?oidc=OIDC_REFUSED"
    assert browser.come_back("/oidc/callback?code=x&state=x") == "/?oidc=OIDC_REFUSED"


def page(door, *way):
    return subprocess.Popen([shutil.which("node"), ROOT / "tests/gateway/sign_in_page.mjs", door.gateway_url, *way], text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_the_page_leads_there_and_back(door):
    will_be(door, email="orang-baru@example.org")
    with page(door, "oidc") as browser:
        assert browser.stdout.readline().strip() == "Anda belum masuk Tidak ada pengguna dengan alamat surel akun itu; hubungi admin."
        will_be(door, email="sari@example.org")
        browser.stdin.write("now somebody\n")
        browser.stdin.flush()
        assert browser.stdout.readline().strip() == "sari@example.org"
    assert browser.returncode == 0


def test_the_page_shows_how_to_set_up_a_second_factor(door):
    email = door.person("tuti@example.org", "counsellor")
    door.pulih("user", "role", email, "--grant", "coordinator")
    with page(door, "totp", email, OWN) as browser:
        assert browser.stdout.read().split("\n")[:2] == ["10 codes", email]
    assert browser.returncode == 0


def test_logs_hold_no_name_no_code_and_no_secret(door):
    logs = "".join(path.read_text() for path in door.logs.iterdir())
    assert "OIDC_NOT_BELIEVED" in logs
    for text in "example.org", SECRET, "code=", "verifier":
        assert text not in logs, text
