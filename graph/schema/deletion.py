"""What clients send to delete images, one by one or with their session."""

import strawberry


@strawberry.input(description="An image to delete.")
class DeleteImageInput:
    id: strawberry.ID = strawberry.field(description="An image's that is in no collection.")


@strawberry.input(description="Images to delete.")
class DeleteImagesInput:
    image_ids: list[strawberry.ID] = strawberry.field(description="Images', 1 to 100; each is answered for itself.")


@strawberry.input(description="A session to delete.")
class DeleteSessionInput:
    id: strawberry.ID = strawberry.field(description="A session's, none of whose images is in a collection.")
