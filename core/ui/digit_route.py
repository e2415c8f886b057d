"""Single test images for the browser, fetched when somebody points at one."""

import re
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
_NAME: Final = re.compile(r"([0-9]{1,6})\.png", re.ASCII)


def _digit(request: Request) -> Response:
    """Return a test image of `dataset`, 28×28 pixels of grey; its `name` is its index and .png."""
    dataset, name = request.path_params["dataset"], request.path_params["name"]
    found = _NAME.fullmatch(name)
    if dataset not in _DATASETS or found is None:
        return Response(status_code=404)
    index = int(found[1])
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


digit_route: Final = Route(f"{DIGITS_ROUTE}/{{dataset}}/{{name}}", _digit)
