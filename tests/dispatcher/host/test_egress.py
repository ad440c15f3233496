"""Behind a company's proxy, with a company's certificates: all that is asked outside goes that way."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dispatcher.carrierx.callback_probe import probe_receiver
from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import ConfigError, NotSent
from dispatcher.host.egress import Egress, egress_of
from dispatcher.ledger.ledger import Ledger
from dispatcher.media._probe import ask
from dispatcher.media.resolver import AllowList
from dispatcher.model.message import Outgoing
from dispatcher.pipeline.health._egress_findings import look_at_egress
from dispatcher.pipeline.runtime.runtime import make_client
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.settings import Settings, load_settings
from dispatcher.simulator.client import SimulatorHandle
from tests.company_proxy import COMPANY, LOGIN, CompanyProxy
from tests.dispatcher.media.server import MediaServer
from tests.dispatcher.pipeline.conftest import MakeRuntime, make_runtime
from tests.factories import CAMPAIGN, add_campaign, make_batch, states

__all__ = ["make_runtime"]
API = "https://carrierx.example"
MESSAGE = Outgoing("15162065575", ("15162065574",), "Hi", (), "mark")


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def port_of(url: str) -> int:
    """The port of an address."""
    return urlsplit(url).port or 0


def behind(proxy: CompanyProxy, **more: object) -> Egress:
    """The way out through it, with its certificates."""
    return egress_of(load_settings(https_proxy=proxy.url, ca_bundle=str(COMPANY), **more), {})


@pytest.mark.slow
def test_a_batch_goes_through_the_proxy_whose_certificate_the_company_signed(
    make_runtime: MakeRuntime, ledger: Ledger, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(latency_ms=20)
    with CompanyProxy({"carrierx.example": port_of(simulator.url)}, login=True) as proxy:
        user, password = LOGIN
        login = proxy.url.replace("//", f"//{user}:{password.replace('@', '%40')}@")
        runtime = make_runtime(carrierx_url=API, https_proxy=login, ca_bundle=str(COMPANY), in_flight=4)
        add_campaign(ledger, make_batch(*[1] * 40))
        assert send_batch(runtime, CAMPAIGN, 0) == "40 queued"
    assert set(states(ledger)) == {"queued"}
    assert simulator.received().repeated == []
    assert set(proxy.asked) == {"CONNECT carrierx.example:443"}
    assert len(proxy.asked) <= 8  # connections are kept, as without a proxy
    assert password not in repr(runtime.settings)


def test_the_environments_own_names_are_taken_when_nothing_is_set(
    simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CompanyProxy({"carrierx.example": port_of(simulator.url)}) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(COMPANY))
        client = make_client(load_settings(carrierx_url=API, carrierx_token=simulator.token, simulate=True))
        assert client is not None
        assert client.send(MESSAGE).status == "queued"
        assert client.list_messages(limit=1).items


def test_what_a_proxy_does_not_let_through_never_left_and_its_login_is_nowhere_in_the_words(
    simulator: SimulatorHandle,
) -> None:
    with CompanyProxy({"carrierx.example": port_of(simulator.url)}, login=True) as proxy:
        egress = behind(proxy)
        with pytest.raises(NotSent, match="proxy") as caught:
            CarrierX(API, simulator.token, egress=egress).send(MESSAGE)
        assert LOGIN[1] not in str(caught.value)
    with pytest.raises(NotSent):
        CarrierX(API, simulator.token, egress=egress).send(MESSAGE)
    assert simulator.received().taken == 0


def test_without_the_companys_certificate_nothing_is_said_to_who_shows_it(simulator: SimulatorHandle) -> None:
    with CompanyProxy({"carrierx.example": port_of(simulator.url)}) as proxy:
        egress = egress_of(load_settings(https_proxy=proxy.url), {})
        with pytest.raises(NotSent, match="TLS"):
            CarrierX(API, simulator.token, egress=egress).send(MESSAGE)


def test_a_permit_is_asked_when_the_tunnel_stands(simulator: SimulatorHandle) -> None:
    with CompanyProxy({"carrierx.example": port_of(simulator.url)}) as proxy:
        client = CarrierX(API, simulator.token, egress=behind(proxy))
        asked = []

        def permit() -> bool:
            asked.append(len(proxy.asked))
            return False

        with pytest.raises(NotSent, match="no longer wanted"):
            client.send(MESSAGE, permit=permit)
    assert asked == [1]


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_media_are_asked_for_through_the_proxy_which_knows_the_name(
    media_server: MediaServer, scheme: str
) -> None:
    with CompanyProxy({"media.example": port_of(media_server.url)}) as proxy:
        facts = ask(f"{scheme}://media.example/picture", AllowList(), egress=behind(proxy))
    assert (facts.invalid_code, facts.size > 0) == (None, True)
    assert "media.example" in proxy.asked[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.7", "169.254.169.254", "[::1]"])
def test_a_private_address_is_refused_though_a_proxy_would_find_it(host: str) -> None:
    with CompanyProxy({}) as proxy:
        assert (
            ask(f"http://{host}/picture", AllowList(), egress=behind(proxy)).invalid_code == "media_private"
        )
        assert proxy.asked == []


def test_our_own_public_address_is_asked_the_same_way(simulator: SimulatorHandle) -> None:
    with CompanyProxy({"door.example": port_of(simulator.url)}) as proxy:
        said = probe_receiver("https://door.example", "question", timeouts=(5, 5), egress=behind(proxy))
    assert (said.reached, said.trouble) == (True, "it answers HTTP 401")
    assert proxy.asked == ["CONNECT door.example:443"]


def test_hosts_of_no_proxy_and_this_machine_are_asked_straight() -> None:
    egress = egress_of(
        Settings(),
        {"HTTPS_PROXY": "http://proxy.example:3128", "no_proxy": ".corp.example,10.1.2.3,api.example"},
    )
    for host in ("files.corp.example", "10.1.2.3", "api.example", "localhost", "127.0.0.1", "::1"):
        assert egress.proxy_for(host) is None, host
    for host in ("api.carrierx.com", "corp.example.com"):
        assert egress.proxy_for(host) is not None, host


def test_the_setting_goes_before_the_environment_and_off_goes_straight() -> None:
    environment = {"https_proxy": "http://other.example:1", "REQUESTS_CA_BUNDLE": "/other.pem"}
    own = egress_of(Settings(https_proxy="proxy.example:3128", ca_bundle="/own.pem"), environment)
    assert own.proxy is not None
    assert (own.proxy.host, own.proxy.port, own.bundle) == ("proxy.example", 3128, "/own.pem")
    assert egress_of(Settings(https_proxy="off"), environment).proxy is None
    assert egress_of(Settings(), environment).bundle_said_by == "REQUESTS_CA_BUNDLE"


@pytest.mark.parametrize(
    "address", ["socks5://proxy.example:1080", "https://proxy.example", "http://", "http://a:b:c"]
)
def test_a_proxy_that_cannot_be_used_is_refused_in_a_sentence_without_its_login(address: str) -> None:
    with pytest.raises(ConfigError, match="MMS_HTTPS_PROXY is no address"):
        egress_of(Settings(https_proxy=address), {})
    assert [finding.verdict for finding in look_at_egress(Settings(https_proxy=address))] == ["bad"]


def test_doctor_says_which_way_is_taken_and_by_whose_word(tmp_path: Path) -> None:
    found = look_at_egress(
        Settings(https_proxy="http://ann:secret@proxy.example:3128", ca_bundle=str(COMPANY))
    )
    said = " ".join(finding.seen for finding in found)
    assert "proxy.example:3128 with a login (MMS_HTTPS_PROXY)" in said
    assert "besides the usual (MMS_CA_BUNDLE)" in said
    assert "secret" not in said
    (tmp_path / "empty.pem").write_text("nothing")
    for bundle in (tmp_path / "empty.pem", tmp_path / "none.pem"):
        (bad,) = look_at_egress(Settings(ca_bundle=str(bundle)))
        assert (bad.verdict, "MMS_CA_BUNDLE" in bad.seen) == ("bad", True)
    with pytest.raises(ConfigError):
        Egress(bundle="/nowhere", bundle_said_by="X").trust(ssl.create_default_context())
