"""What clients see: the GraphQL schema, and how it is served over HTTP, WebSockets and event streams."""
