"""Many small pictures of numbers as one PNG, cut into tiles by the browser."""

import base64
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

# As what spoke for and against an answer: yellow and violet keep apart for colour-blind eyes, and
# without colours too, because one is far lighter.
_ABOVE: Final = (255, 212, 60)
_BELOW: Final = (150, 105, 255)
_PAPER_WHITE: Final = (255, 255, 255)
_MOST_OF_IT: Final = 0.98
_MIDDLE: Final = 128  # the place of 0 in the palette
_CLEAR: Final = 0
# Most values are small, and a linear scale leaves them black.
_ROOT: Final = 0.6


class TileSheet:
    """Tiles of one size, by the number that each has; black is 0.

    `tiles` is `(N, h, w)`, `numbers` what each is called by, else 0, 1, … All share one scale,
    with the largest of all values the brightest, unless each shall have its `own_scale`. With
    values below 0 anywhere, what is above is yellow and what is below violet; else it is white.
    """

    def __init__(
        self,
        tiles: npt.NDArray[np.floating],
        numbers: Sequence[int] | None = None,
        *,
        own_scale: bool = False,
    ) -> None:
        every = range(len(tiles)) if numbers is None else numbers
        self._places = {int(number): place for place, number in enumerate(every)}
        self.signed = bool((tiles < 0).any())
        shown = np.stack([_scaled(tile) for tile in tiles]) if own_scale else tiles
        count, height, width = shown.shape
        root = 1 if own_scale else _ROOT
        self._url = picture_url(shown.reshape(count * height, width), root)

    def __len__(self) -> int:
        """Return how many tiles there are."""
        return len(self._places)

    def __contains__(self, number: int) -> bool:
        """Return whether there is a tile of this number."""
        return number in self._places

    @property
    def style(self) -> str:
        """What the element around the tiles must have as its style."""
        return f"--sheet:url({self._url})"

    def tile(self, number: int, title: str = "") -> str:
        """Return a tile as HTML, `title` shown under the mouse; its size is that of `--side`."""
        hint = f' title="{escape(title)}"' if title else ""
        return f'<i class="dl-tile" style="--at:{self._places[number]}"{hint}></i>'


def _scaled(tile: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Scale a tile to -1 … 1; its few largest values count alike, so that one hides no others."""
    top = float(np.quantile(np.abs(tile), _MOST_OF_IT)) or float(np.abs(tile).max(initial=0))
    return np.clip(tile / top, -1, 1) if top else tile


def picture_url(values: npt.NDArray[np.floating], root: float = _ROOT) -> str:
    """Return `values` `(h, w)` as a PNG of 256 colours in the page itself, NaN left clear.

    The largest is the brightest, and brightness its share of that to the power of `root`; the
    colours are those of TileSheet.
    """
    size = np.abs(values)
    top = float(np.nanmax(size, initial=0))
    share = np.clip(size / top, 0, 1) ** root if top else np.zeros(values.shape)
    steps = _MIDDLE + np.round(np.sign(values) * share * (_MIDDLE - 1))
    steps = np.where(np.isnan(values), _CLEAR, steps)
    picture = Image.fromarray(steps.astype(np.uint8), mode="P")
    picture.putpalette(_palette(_ABOVE if bool((values < 0).any()) else _PAPER_WHITE))
    buffer = BytesIO()
    picture.save(buffer, format="PNG", transparency=_CLEAR)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _palette(above: tuple[int, int, int]) -> bytes:
    share = (np.arange(256) - _MIDDLE) / (_MIDDLE - 1)
    hue = np.where(share[:, None] >= 0, above, _BELOW)
    colours = np.round(np.clip(np.abs(share), 0, 1)[:, None] * hue)
    return colours.astype(np.uint8).tobytes()
