"""Single test images for the browser, fetched when somebody points at one."""

from io import BytesIO
from typing import Final, cast

from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.config import Dataset
from core.errors import DataError
from core.learning.data import load
from core.ui.services import services

DIGITS_ROUTE: Final = "/digitlab/digits"
_DATASETS: Final = ("mnist", "digits")


def _digit(request: Request) -> Response:
    """Return the test image at `index` of `dataset`, 28×28 pixels of grey, as a PNG."""
    dataset, index = request.path_params["dataset"], request.path_params["index"]
    if dataset not in _DATASETS:
        return Response(status_code=404)
    try:
        pixels = load(cast(Dataset, dataset), services().settings.data).test.pixels
    except DataError:
        return Response(status_code=404)
    if index >= len(pixels):
        return Response(status_code=404)
    buffer = BytesIO()
    Image.fromarray(pixels[index].numpy()).save(buffer, format="PNG")
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(buffer.getvalue(), media_type="image/png", headers=headers)


digit_route: Final = Route(f"{DIGITS_ROUTE}/{{dataset}}/{{index:int}}.png", _digit)
