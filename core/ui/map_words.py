"""What a map of test digits shows and what it cannot, in words."""

from core.analysis.embedding import Embedding
from core.analysis.wording import out_of_hundred, so_many
from core.config import RunConfig
from core.learning.features import feature_count, feature_origin
from core.ui.digit_maps import DigitMap


def how_to_read(config: RunConfig) -> str:
    """Say what dots, colours, rings and nearness stand for, for a run of `config`."""
    return (
        "Each dot is a test digit, in the colour of its true label; a ring says that the run read "
        f"it wrongly. Dots lie close where the run sees nearly the same: {_values(config)} Point "
        "at a dot to see its digit; choose it for a closer look."
    )


def _values(config: RunConfig) -> str:
    count = so_many(feature_count(config), "value")
    match feature_origin(config):
        case "hidden":
            return (
                f"what is compared are the {count} of its last hidden layer, by which it decides."
            )
        case "convolutions":
            return (
                f"compared are the {count} that its last convolution hands to the ten outputs, by "
                "which it decides."
            )
        case "pixels":
            return (
                f"it has no hidden layer, so the {count} of the image itself are compared, its "
                "pixels. The map says what digits look like, not what the run has learned."
            )


def shown_digits(shown: DigitMap) -> str:
    """Say which test images are on the map, and what that does to the share of mistakes."""
    there, wrong = len(shown.dots.true), int((shown.dots.true != shown.dots.predicted).sum())
    if there == shown.every:
        return f"All {there:,} test images are shown, {wrong:,} of them read wrongly."
    taken = f"all {wrong:,}" if wrong == shown.misread else f"{wrong:,} of the {shown.misread:,}"
    here, everywhere = wrong / there, shown.misread / shown.every
    sentence = (
        f"Shown are {there:,} of {shown.every:,} test images: {taken} that were read wrongly and "
        f"{there - wrong:,} others, drawn by chance, the same at every look."
    )
    if here <= everywhere:
        return sentence
    return (
        f"{sentence} So there are more mistakes here ({out_of_hundred(here, 1)} of 100 dots) than "
        f"among all ({out_of_hundred(everywhere, 1)} of 100)."
    )


def what_it_tells(found: Embedding) -> str:
    """Say how far to believe the map."""
    if found.held is None:
        return (
            "Only nearness matters here: which dots are neighbours. How far apart two clusters "
            "lie, how large they are and at which side says little."
        )
    return (
        "The map shows the two directions in which these values differ most. They hold "
        f"{out_of_hundred(found.held, 0)} % of all differences (variance); what lies in the "
        "others is not to be seen here, so dots that overlap may be far apart for the run."
    )


def described(shown: DigitMap, found: Embedding) -> str:
    """Say what the map shows to those who cannot see it."""
    return (
        f"Map of test digits. {shown_digits(shown)} {what_it_tells(found)} The same digits stand "
        "in the list below."
    )
