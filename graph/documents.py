"""Documents that were parsed and found valid before: clients send the same few again and again."""

from collections import OrderedDict

from graphql import DocumentNode

MOST_CHARACTERS = 100_000
"""Of all texts together. What is kept of one takes some 150 bytes for each of its characters."""


class ValidDocuments:
    """The ones used last, by their text. What is invalid is not kept, so that each sender hears of it anew."""

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._most = most_characters
        self._characters = 0
        self._kept: OrderedDict[str, DocumentNode] = OrderedDict()

    def get(self, text: str) -> DocumentNode | None:
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
        return document

    def keep(self, text: str, document: DocumentNode) -> None:
        if text in self._kept or len(text) > self._most:
            return
        self._kept[text] = document
        self._characters += len(text)
        while self._characters > self._most:
            self._characters -= len(self._kept.popitem(last=False)[0])
