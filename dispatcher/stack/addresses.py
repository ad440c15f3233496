"""Where everything of a running stack is found, and what is said of it at the start."""

from __future__ import annotations

import http.client
import secrets
from dataclasses import dataclass, field

from dispatcher.errors import ConfigError, InputError
from dispatcher.host.ports import LOOPBACK, is_free
from dispatcher.ledger.installation.installation import Installation
from dispatcher.settings import Settings
from dispatcher.stack.roles import UP, Role

CALLBACK_PATH = "/callbacks/carrierx/"


@dataclass(frozen=True)
class Addresses:
    """URLs and logins, for the person who started it."""

    web: str
    callback: str = field(repr=False)
    local_callback: str = field(repr=False)
    flower: str
    flower_login: str = field(repr=False)


def addresses(settings: Settings, installation: Installation) -> Addresses:
    """Everything that the settings and the installation's secrets decide."""
    web = web_url(settings)
    login = settings.flower_auth.get_secret_value() if settings.flower_auth else ""
    return Addresses(
        web=web,
        callback=f"{settings.public_url or web}{CALLBACK_PATH}{installation.callback_key}",
        local_callback=f"{web}{CALLBACK_PATH}{installation.callback_key}",
        flower=f"http://{LOOPBACK}:{settings.flower_port}",
        flower_login=login or f"admin:{installation.admin_token or secrets.token_urlsafe(24)}",
    )


def web_url(settings: Settings) -> str:
    """Where the web process is reached from this machine."""
    return f"http://{bracketed(reachable(settings.web_host))}:{settings.web_port}"


def announcement(role: Role, settings: Settings, installation: Installation, found: Addresses) -> list[str]:
    """The lines that are printed first."""
    lines = [f"mode         {_mode(settings)}", f"data         {settings.data_dir}"]
    if role is not UP:
        lines.append(f"logs         {settings.data_dir / 'logs'}")
    if role.web:
        lines.append(f"console      {found.web}/")
    if role.web or role.flower:
        lines.append(f"admin token  {_admin_token(settings, installation)}")
    if role.web:
        lines.append(f"callbacks    {found.callback}")
    if role.flower:
        lines.append(f"Flower       {found.flower}/  (login: {_flower_login(settings, installation)})")
    return lines + (_without_callbacks(role, settings) if role.web else [])


def _flower_login(settings: Settings, installation: Installation) -> str:
    if settings.flower_auth:
        return "from MMS_FLOWER_AUTH"
    return "admin, password: the admin token" if installation.admin_token else "set MMS_FLOWER_AUTH"


def _admin_token(settings: Settings, installation: Installation) -> str:
    kept = f"in {settings.data_dir / 'admin-token'}"
    if installation.admin_token_is_new:
        return f"{installation.admin_token}  (made now, kept {kept})"
    if settings.admin_token:
        return "from MMS_ADMIN_TOKEN"
    if installation.admin_token:
        return kept
    made_on = installation.admin_token_made_on or "another machine"
    return f"kept on {made_on}, where it was made; `mms token create --role admin --name NAME` makes another"


def _mode(settings: Settings) -> str:
    if settings.simulate:
        return "simulate: messages go to a simulated CarrierX on this machine, nowhere else"
    return f"live: messages go to {settings.carrierx_url}"


def _without_callbacks(role: Role, settings: Settings) -> list[str]:
    if settings.simulate or settings.public_url:
        return []
    return [
        "",
        "MMS_PUBLIC_URL is not set: CarrierX's callbacks cannot arrive here; states come by polling, more slowly.",
        "  To get them, make the console's port reachable by https, then start with",
        f"  MMS_PUBLIC_URL=https://your.host mms {role.command}   and give CarrierX  https://your.host{CALLBACK_PATH}…",
    ]


def require_free_ports(role: Role, settings: Settings) -> None:
    """Prove that console and Flower can have their ports.

    Raises:
        InputError: both are to have one; or naming the port that is taken and the option that gives another.
    """
    console = (settings.web_host, settings.web_port, "console", "--web-port", "MMS_WEB_PORT")
    flower = (LOOPBACK, settings.flower_port, "Flower", "--flower-port", "MMS_FLOWER_PORT")
    if role.web and role.flower and settings.web_port == settings.flower_port:
        raise InputError(
            f"console and Flower cannot both have port {settings.web_port}",
            hint="choose another with --web-port or --flower-port",
        )
    for host, port, what, option, variable in (*([console] * role.web), *([flower] * role.flower)):
        if not is_free(port, host):
            raise InputError(
                f"{what} cannot have port {port} on {host}: it is in use or not allowed",
                hint=f"choose another with {option} or {variable}",
            )


def require_flower_login(settings: Settings) -> None:
    """Prove that Flower's login has a password.

    Raises:
        ConfigError: it has none.
    """
    login = settings.flower_auth.get_secret_value() if settings.flower_auth else ""
    if login and not all(":" in each for each in login.split(",")):
        raise ConfigError("MMS_FLOWER_AUTH: a login is USER:PASSWORD", hint="or leave it unset")


def answers_ready(url: str) -> bool:
    """Whether the web process at this address says that it and the ledger are ready."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/readyz/console")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(host: str) -> str:
    """An address of this machine at which a server bound to `host` answers."""
    return {"0.0.0.0": LOOPBACK, "::": "::1", "": LOOPBACK}.get(host, host)  # noqa: S104


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
