"""GraphQL over HTTP, WebSockets and event streams: Strawberry's ASGI view, with what it leaves open closed."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NoReturn

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError
from starlette.exceptions import HTTPException as BadForm
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.http.parse_content_type import parse_content_type
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult, SubscriptionExecutionResult
from strawberry.types.graphql import OperationType

from domain.access import NOBODY
from domain.errors import Unauthenticated
from graph.bearers import bearer_in_header
from graph.context import Context, Services
from graph.errors import NO_QUERY, TIMEOUT
from graph.event_stream import EventStream
from graph.headers import page_policy
from graph.negotiation import EVENT_STREAM, GRAPHQL_RESPONSE, HTML, JSON, preferred
from graph.operations import Schema
from graph.refusals import refusal, unauthenticated
from graph.sockets import SocketHandler
from graph.staying import while_admitted
from graph.uploads import MULTIPART, NO_PREFLIGHT, body_limit, is_upload, read_form, request_in

INIT_TIMEOUT = timedelta(seconds=10)


class GraphQLApp(GraphQL[Context, None]):
    """`page` is what browsers get that ask for HTML; without it they get an error as everybody else."""

    graphql_transport_ws_handler_class = SocketHandler
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: EventStream}  # noqa: RUF012

    def __init__(
        self,
        schema: Schema,
        services: Services,
        page: str | None,
        allowed_origins: Sequence[str] = (),
        pictures_from: str | None = None,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None if page is None else "graphiql",
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_TIMEOUT,
            allowed_origins=allowed_origins,
            multipart_uploads_enabled=True,
        )
        self.services = services
        self.page = page
        self.page_headers = {"Content-Security-Policy": page_policy(pictures_from)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        try:
            request = Request(scope, _bounded(receive, body_limit(Request(scope))))
            try:
                response = await self._answer(request)
            finally:
                await request.close()
        except ClientDisconnect:
            return None
        return await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "POST"):
            return refusal(405, "GraphQL is asked by GET or POST", {"Allow": "GET, POST"})
        offers = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM) + ((HTML,) if self.page and request.method == "GET" else ())
        if preferred(request.headers.get("accept", ""), offers) is None:
            return refusal(406, f"the answer can be {', '.join(offers)}", {})
        try:
            await self._admit(request)
            if is_upload(request):
                await read_form(request)
            return await self.run(request)
        except Unauthenticated as error:
            return unauthenticated(request, error)
        except BadForm as error:
            return refusal(error.status_code, error.detail, {})
        except HTTPException as error:
            headers = {"Allow": "POST"} if error.status_code == 405 else {}
            return refusal(error.status_code, error.reason, headers)

    async def _admit(self, request: Request) -> None:
        """Before anything of the body is read. The page itself is everybody's. Raises Unauthenticated."""
        if not self.should_render_graphql_ide(self.request_adapter_class(request)):
            request.state.bearer = bearer_in_header(request.headers.get("authorization"))
            request.state.caller = await self.services.admission.admit(request.state.bearer)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A WebSocket says later whose it is, and a page is anybody's."""
        return Context.fresh(self.services, getattr(request.state, "caller", NOBODY))

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        if self.page is None or request.method != "GET" or request.query_params.get("query") is not None:
            return False
        return preferred(request.headers.get("accept", ""), (JSON, GRAPHQL_RESPONSE, HTML)) == HTML

    async def render_graphql_ide(self, request: Request) -> Response:
        return HTMLResponse(self.page or "", headers=self.page_headers)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData | list[GraphQLRequestData]:
        kind = parse_content_type(request.content_type or "")[0]
        if request.method == "POST" and kind == MULTIPART and not is_upload(request):
            raise HTTPException(415, NO_PREFLIGHT)
        if request.method == "POST" and kind not in (JSON, MULTIPART):
            raise HTTPException(415, f"the body must be {JSON}")
        parsed = await super().parse_http_body(request)
        if isinstance(parsed, GraphQLRequestData) and not isinstance(parsed.operation_name, str | None):
            raise HTTPException(400, "operationName must be a string or null")
        return parsed

    async def parse_multipart(self, request: AsyncHTTPRequestAdapter) -> dict[str, Any]:
        return request_in((await request.get_form_data()).form, self.parse_json)

    def parse_json(self, data: str | bytes) -> Any:
        """Of a whole body, or of the parameters `variables` and `extensions`: an object, all of them."""
        parsed = super().parse_json(data)
        if not isinstance(parsed, dict | list):
            raise HTTPException(400, "the request must be a JSON object")
        return parsed

    def decode_json(self, data: str | bytes) -> object:
        """Raises JSONDecodeError for whatever is not JSON; json.loads has other errors, and takes NaN."""
        try:
            return json.loads(data, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from None

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData | list[GraphQLRequestData],
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult | list[ExecutionResult] | SubscriptionExecutionResult:
        """As Strawberry's, but a stream ends with the right to it."""
        result = await super().execute_operation(
            request, request_adapter, request_data, context, root_value, sub_response
        )
        if isinstance(result, SubscriptionExecutionResult) and request.state.bearer is not None:
            return while_admitted(result, context, request.state.bearer)
        return result

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """As Strawberry's, but a subscription is refused, which it would run as a query."""
        allowed = {OperationType.QUERY} | ({OperationType.MUTATION} if request_adapter.method == "POST" else set())
        try:
            return await self.schema.execute(
                request_data.query,
                root_value=root_value,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=allowed,
                operation_extensions=request_data.extensions,
            )
        except MissingQueryError:
            raise HTTPException(400, NO_QUERY) from None
        except CannotGetOperationTypeError as error:
            raise HTTPException(400, error.as_http_error_reason()) from None
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                raise HTTPException(400, "subscriptions need a WebSocket, or Accept: text/event-stream") from None
            raise HTTPException(405, "mutations are sent by POST") from None

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        response = await super().process_result(request, result)
        if result.data is None and result.errors and not any(map(_began, result.errors)):
            del response["data"]
        return response

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        response = await super().get_sub_response(request)
        response.media_type = preferred(request.headers.get("accept", ""), (JSON, GRAPHQL_RESPONSE)) or JSON
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """The older media type says 200 whatever came of it, as its clients expect."""
        refused = sub_response.media_type == GRAPHQL_RESPONSE and "data" not in response_data
        return Response(self.encode_json(response_data), 400 if refused else 200, media_type=sub_response.media_type)


def _began(error: GraphQLError) -> bool:
    """Whether something was executed before this went wrong."""
    return error.path is not None or (error.extensions or {}).get("code") == TIMEOUT


def _bounded(receive: Receive, most: int) -> Receive:
    """Raises HTTPException 413 as soon as the body is longer than any request needs."""
    size = 0

    async def receive_bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, f"the body may have {most} bytes at most")
        return message

    return receive_bounded


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
