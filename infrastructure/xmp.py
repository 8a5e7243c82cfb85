"""The recipe as XMP (ISO 16684-1), which WebP and JPEG files carry: one property in a namespace of our own."""

from typing import BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "urn:manganace:1:"
PROPERTY = "recipe"
MAX_PACKET_BYTES = 1 << 18

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:manganace="{namespace}" \
xmp:CreatorTool={service}>
<manganace:recipe>{recipe}</manganace:recipe>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def xmp_packet(recipe: str, service: str) -> bytes:
    """`recipe` is canonical JSON, `service` what the file says it was made by."""
    return _PACKET.format(namespace=NAMESPACE, service=quoteattr(service), recipe=escape(recipe)).encode()


def recipe_in_packet(packet: bytes) -> str | None:
    """The text of the property, as an element or, as other tools may write it, an attribute; None where there is none.

    Raises ValueError for what is no XML, or has a DTD, which nobody needs but to make text explode.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise ValueError("the XMP packet is too long")
    reading = _Reading()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(packet, True)
    except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise ValueError("the XMP packet is malformed") from error
    return None if reading.found is None else "".join(reading.found)


def read_packet(file: BinaryIO, length: int) -> bytes:
    """So many bytes from where the file stands. Raises ValueError."""
    if length > MAX_PACKET_BYTES:
        raise ValueError("the XMP packet is too long")
    packet = file.read(length)
    if len(packet) < length:
        raise ValueError("the file is cut short")
    return packet


class _Reading:
    """Collects the property's text; the first one counts."""

    def __init__(self) -> None:
        self.found: list[str] | None = None
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.found is None and name == f"{NAMESPACE} {PROPERTY}":
            self.found, self._inside = [], True
        elif self.found is None and (value := attributes.get(f"{NAMESPACE} {PROPERTY}")) is not None:
            self.found = [value]

    def end(self, name: str) -> None:
        if name == f"{NAMESPACE} {PROPERTY}":
            self._inside = False

    def text(self, data: str) -> None:
        if self._inside and self.found is not None:
            self.found.append(data)


def _refuse_dtd(*_: object) -> None:
    raise ValueError("the XMP packet has a document type definition")
