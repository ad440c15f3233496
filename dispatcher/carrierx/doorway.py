"""Whether the address that CarrierX is given leads to our callback door, as far as one can see from here."""

from __future__ import annotations

from typing import NamedTuple

import requests

PATH = "/callbacks/carrierx/"
_ANSWER_MAX = 200


class Said(NamedTuple):
    """What came of asking: the text of a 200, or what the trouble is; `reached` when anything answered."""

    text: str = ""
    trouble: str = ""
    reached: bool = True


def ask_door(public_url: str, question: str, *, timeouts: tuple[float, float]) -> Said:
    """Ask the door behind this address. No redirect is followed: CarrierX may not follow one with a POST."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            with session.get(
                f"{public_url}{PATH}",
                params={"question": question},
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    return Said(trouble=f"it answers HTTP {answer.status_code}")
                return Said(answer.raw.read(_ANSWER_MAX, decode_content=True).decode("utf-8", "replace"))
        except requests.Timeout:
            return Said(trouble="it does not answer in time", reached=False)
        except requests.exceptions.SSLError:
            return Said(trouble="its certificate is not accepted", reached=False)
        except (requests.RequestException, OSError, ValueError):
            return Said(trouble="it cannot be reached", reached=False)
