"""Whatever has a global id."""

import strawberry


@strawberry.interface(description="Whatever can be fetched again by its id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Global and opaque; `node` takes it.")
