"""A sign-in provider for development: OIDC on this machine only, so that everything can be tried without the internet.

It asks for no password and lets anybody be anybody. It answers on the loopback address only, is started by a command of its
own, and forgets everything when it ends.
"""

import ipaddress
import secrets
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from riskmap.problem import DataError
from riskmap.web import clock

CLIENT_ID, CLIENT_SECRET = "riskmap-development", "not-a-secret"
SUBJECTS = ("official-1", "official-2", "body-1", "monitor-1", "operator-1", "guest-1")
_VALID_SECONDS = 3600
_MAX_OPEN = 100  # codes that nobody has fetched; older ones are forgotten


def issuer(host: str, port: int) -> str:
    """The address of the provider. DataError `signin_host` for any address but that of this machine."""
    try:
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise DataError("signin_host", found=host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def secrets_toml(own_issuer: str, site: str) -> str:
    """What `.streamlit/secrets.toml` of the dashboard at `site` must say to use this provider."""
    return (
        "[auth]\n"
        f'redirect_uri = "{site}/oauth2callback"\n'
        f'cookie_secret = "{secrets.token_urlsafe(32)}"\n'
        f'client_id = "{CLIENT_ID}"\n'
        f'client_secret = "{CLIENT_SECRET}"\n'
        f'server_metadata_url = "{own_issuer}/.well-known/openid-configuration"\n'
    )


def application(own_issuer: str) -> Starlette:
    """The provider: metadata, keys, a page to choose whom to be, and tokens for a code that was given once."""
    provider = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", _metadata),
            Route("/keys", _keys),
            Route("/authorize", _authorize),
            Route("/token", _token, methods=["POST"]),
        ]
    )
    provider.state.issuer = own_issuer
    provider.state.key = RSAKey.generate_key(2048, {"kid": "development"}, private=True)
    provider.state.given = {}  # code -> who it is for, where it goes, the nonce
    return provider


async def _metadata(request: Request) -> Response:
    own = request.app.state.issuer
    return JSONResponse(
        {
            "issuer": own,
            "authorization_endpoint": f"{own}/authorize",
            "token_endpoint": f"{own}/token",
            "jwks_uri": f"{own}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )


async def _keys(request: Request) -> Response:
    return JSONResponse({"keys": [request.app.state.key.as_dict(private=False)]})


async def _authorize(request: Request) -> Response:
    """The page to choose whom to be; for somebody chosen, back to the dashboard with a code."""
    asked = request.query_params
    back = asked.get("redirect_uri", "")
    if asked.get("client_id") != CLIENT_ID or not _is_of_this_machine(back):
        return JSONResponse({"error": "invalid_request"}, 400)
    subject = asked.get("as")
    if not subject:
        return HTMLResponse(_choices(asked))
    if subject not in SUBJECTS:
        return JSONResponse({"error": "access_denied"}, 400)
    code = _new_code(request.app.state.given, {"subject": subject, "redirect_uri": back, "nonce": asked.get("nonce", "")})
    return RedirectResponse(f"{back}?{urlencode({'code': code, 'state': asked.get('state', '')})}", 302)


def _choices(asked: Mapping[str, str]) -> str:
    links = "".join(
        f'<li><a href="authorize?{escape(urlencode({**asked, "as": subject}))}">{escape(subject)}</a></li>'
        for subject in SUBJECTS
    )
    return f"<!doctype html><title>Development sign-in</title><h1>Development sign-in</h1><ul>{links}</ul>"


def _new_code(given: dict[str, dict[str, str]], what: dict[str, str]) -> str:
    """A code for `what`, kept in `given` in place of the oldest when too many are open."""
    code = secrets.token_urlsafe(24)
    while len(given) >= _MAX_OPEN:
        given.pop(next(iter(given)))
    given[code] = what
    return code


async def _token(request: Request) -> Response:
    """A token for a code, which is good once."""
    form, own = await request.form(), request.app.state
    found = own.given.pop(str(form.get("code", "")), None)
    if found is None or found["redirect_uri"] != form.get("redirect_uri"):
        return JSONResponse({"error": "invalid_grant"}, 400)
    now = clock.now_seconds()
    claims = {
        "iss": own.issuer, "sub": found["subject"], "aud": CLIENT_ID, "iat": now, "exp": now + _VALID_SECONDS,
        "nonce": found["nonce"],
    }  # fmt: skip
    body = {
        "access_token": secrets.token_urlsafe(16),
        "token_type": "Bearer",
        "expires_in": _VALID_SECONDS,
        "id_token": jwt.encode({"alg": "RS256", "kid": "development"}, claims, own.key),
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _is_of_this_machine(address: str) -> bool:
    """May the code go there? Only to a dashboard on this machine."""
    scheme, _, rest = address.partition("://")
    host = rest.partition("/")[0].rpartition(":")[0].strip("[]")
    try:
        issuer(host, 0)
    except DataError:
        return False
    return scheme == "http" and address.endswith("/oauth2callback")
