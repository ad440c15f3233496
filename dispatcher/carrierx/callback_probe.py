"""Whether the address that CarrierX is given leads to our callback receiver, as far as one can see from here."""

from __future__ import annotations

import ssl
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from dispatcher.host.egress import DIRECT, Egress, Proxy

PATH = "/callbacks/carrierx/"
_ANSWER_MAX = 200


class ProbeAnswer(NamedTuple):
    """What came of asking: the text of a 200, or what the trouble is; `reached` when anything answered."""

    text: str = ""
    trouble: str = ""
    reached: bool = True


class _Trusting(HTTPAdapter):
    """Trusts the certificates of a way out besides certifi's, and shows its proxy our login."""

    def __init__(self, egress: Egress) -> None:
        self._proxy: Proxy | None = egress.proxy
        self._context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        self._context.load_verify_locations(certifi.where())
        egress.trust(self._context)
        super().__init__()

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        """The pool's key, with our context in it."""
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        return host, {**pool, "ssl_context": self._context}

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """What the proxy wants to see."""
        return dict(self._proxy.headers) if self._proxy else {}


def probe_receiver(
    public_url: str, challenge: str, *, timeouts: tuple[float, float], egress: Egress = DIRECT
) -> ProbeAnswer:
    """Ask the receiver behind this address. No redirect is followed: CarrierX may not follow one with a POST."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", _Trusting(egress))
        proxy = egress.proxy_for(urlsplit(public_url).hostname or "")
        try:
            with session.get(
                f"{public_url}{PATH}",
                params={"question": challenge},
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
                proxies={"https": f"http://{proxy.host}:{proxy.port}"} if proxy else None,
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    return ProbeAnswer(trouble=f"it answers HTTP {answer.status_code}")
                return ProbeAnswer(
                    answer.raw.read(_ANSWER_MAX, decode_content=True).decode("utf-8", "replace")
                )
        except requests.Timeout:
            return ProbeAnswer(trouble="it does not answer in time", reached=False)
        except requests.exceptions.SSLError:
            return ProbeAnswer(trouble="its certificate is not accepted", reached=False)
        except (requests.RequestException, OSError, ValueError):
            return ProbeAnswer(trouble="it cannot be reached", reached=False)
