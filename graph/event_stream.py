"""Server-sent events as graphql-sse, urql and Apollo read them."""

from strawberry.http.streaming import SSETransport

from graph.negotiation import EVENT_STREAM, GRAPHQL_RESPONSE, JSON, preferred


class EventStream(SSETransport):
    """Strawberry streams to whoever mentions the media type, and frames with CRLF, which urql cannot split."""

    def accepts(self, accept: str) -> bool:
        return preferred(accept, (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)) == EVENT_STREAM

    def encode_event(self, event: str, data: str | None = None) -> str:
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        return super().encode_comment(comment).replace("\r\n", "\n")
