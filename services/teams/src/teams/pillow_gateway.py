"""Pictures that people upload, read once and written anew: what we show was made by us, whatever was sent."""

import asyncio
import io
import re
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, ImageOps, UnidentifiedImageError

from chassis.problems import Invalid
from teams.domain.logos import LONGEST_EDGE, MOST_PIXELS

FORMATS = ("PNG", "JPEG", "WEBP")
_QUALITY = 88
_SVG = re.compile(rb"\A(\xef\xbb\xbf)?\s*<(\?xml|!--|!doctype\s+svg|svg)", re.IGNORECASE)
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
"""What Pillow raises for bytes that are not the picture they begin like."""


class Pictures:
    """Reads PNG, JPEG and WebP, by what they hold and not by what they are called, in threads of its own."""

    def __init__(self, *, threads: int = 2) -> None:
        """A fixed number at once: each may hold a large picture in memory."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pillow")

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def logo(self, content: bytes) -> bytes:
        """The picture as WebP, its longest edge at most 512 pixels, without anything that is not picture.

        Raises Invalid: `logo_svg_refused`, `logo_format_refused`, `logo_too_many_pixels`, `logo_broken`.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, _logo, content)


def _logo(content: bytes) -> bytes:
    if _SVG.match(content):
        raise Invalid(
            "logo_svg_refused", "An SVG is a document that can run scripts: save it as PNG, JPEG or WebP and send that."
        )
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            _refuse_bomb(picture)
            return _written(_small(picture))
    except UnidentifiedImageError:
        raise Invalid("logo_format_refused", "This is no PNG, JPEG or WebP picture.") from None
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except _BROKEN:
        raise Invalid("logo_broken", "This picture is damaged: it cannot be read to its end.") from None


def _refuse_bomb(picture: Image.Image) -> None:
    """By its header, before anything is unpacked."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> Invalid:
    return Invalid("logo_too_many_pixels", "This picture is larger than 4096 by 4096 pixels: make it smaller.")


def _small(picture: Image.Image) -> Image.Image:
    """The first frame, upright, with its transparency."""
    picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
    upright = ImageOps.exif_transpose(picture)
    plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    plain.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
    return plain


def _written(picture: Image.Image) -> bytes:
    """Nothing of what came with it: no place and camera, no profile, no further frames."""
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()
