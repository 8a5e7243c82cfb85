"""GraphiQL for browsers, with no network: the assets lie in an installed package, the page and its script here."""

from importlib.resources import files
from pathlib import Path

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent
PACKAGE = "graphene_django_graphiql_static"


def page(asks_for_a_token: bool) -> str:
    """With a field for a token, where one is needed."""
    text = (HERE / "index.html").read_text(encoding="utf-8")
    return text.replace('<form id="access" hidden>', '<form id="access">') if asks_for_a_token else text


def asset_routes() -> list[BaseRoute]:
    """No Django is imported: the package holds plain files beside its Django app."""
    vendor = Path(str(files(PACKAGE))) / "static" / PACKAGE
    return [
        Mount("/graphiql/vendor", StaticFiles(directory=vendor)),
        Mount("/graphiql", StaticFiles(directory=HERE / "assets")),
    ]
