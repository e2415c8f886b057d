"""Maps of images: two coordinates for each, so that images alike to a model lie close."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import RunError

Method: TypeAlias = Literal["pca", "tsne"]
Points: TypeAlias = NDArray[np.float64]

FEWEST: Final = 3
# Not of all misread images where there are many: a map of hardly anything else would show no
# clusters to be misread out of.
MISREAD_SHARE: Final = 0.25
_SEED: Final = 0
_DIRECTIONS: Final = 50
_PERPLEXITY: Final = 30.0
_ITERATIONS: Final = 750


@dataclass(frozen=True)
class Embedding:
    """Where each image lies: `points` `(N, 2)`.

    `held` is, of PCA, the share in [0, 1] of all variance that lies in the two directions; None
    of t-SNE, which has no such figure.
    """

    points: Points
    held: float | None = None


def embed(features: ArrayLike, method: Method) -> Embedding:
    """Lay out `features` `(N, units)` in two dimensions; the same features give the same map.

    "pca": principal components (Pearson 1901). "tsne": t-distributed stochastic neighbour
    embedding (van der Maaten and Hinton 2008, Journal of Machine Learning Research 9), with
    perplexity 30, or a third of the images where they are few, on the first 50 principal
    components. Both are scikit-learn's. Raises RunError for fewer than 3 images, for values that
    are not finite and where all images have the same.
    """
    values = np.array(features, dtype=np.float32)
    _check(values)
    unit = _scale(values)
    found = _principal(values)
    if method == "pca":
        return Embedding(unit * found.points, found.held)
    return Embedding(_neighbours(values, found.points))


def choose_images(right: ArrayLike, most: int) -> NDArray[np.int64]:
    """Return which images to show where only `most` can be: ascending positions.

    `right` is `(N,)` bool. All misread ones are taken as long as they are at most a quarter of
    `most`, else that many of them, or more where too few were read right; the rest are images
    read right. Which ones, chance decides, always the same for as many images.
    """
    read = np.asarray(right, dtype=np.bool_)
    if len(read) <= most:
        return np.arange(len(read), dtype=np.int64)
    order = np.random.default_rng(_SEED).permutation(len(read))
    misread, rest = order[~read[order]], order[read[order]]
    taken = min(len(misread), max(int(MISREAD_SHARE * most), most - len(rest)))
    chosen: NDArray[np.int64] = np.sort(np.concatenate([misread[:taken], rest[: most - taken]]))
    return chosen


def label_places(points: Points, digits: ArrayLike) -> dict[int, tuple[float, float]]:
    """Return for each digit that occurs in `digits` `(N,)` where to write it on its map.

    That is the one of its own `points` `(N, 2)` nearest to their median: the median itself may
    lie between two clusters.
    """
    truth = np.asarray(digits)
    places = {}
    for digit in np.unique(truth):
        own = points[truth == digit]
        nearest = np.abs(own - np.median(own, axis=0)).sum(axis=1).argmin()
        places[int(digit)] = (float(own[nearest, 0]), float(own[nearest, 1]))
    return places


def _check(values: NDArray[np.float32]) -> None:
    if len(values) < FEWEST:
        raise RunError(f"A map needs at least {FEWEST} images, and here are only {len(values)}.")
    if not np.isfinite(values).all():
        raise RunError(
            "Not all values of this run are finite numbers (its training ran away), so the images "
            "cannot be laid out by them."
        )
    if (values == values[0]).all():
        raise _all_the_same()


def _all_the_same() -> RunError:
    return RunError(
        "To this run all images are the same: its last hidden layer gives equal numbers for every "
        "one, so there is nothing to lay out."
    )


def _scale(values: NDArray[np.float32]) -> float:
    """Bring `values` in place to means of 0 and a largest of 1; return what they were divided by.

    The squares of very small and very large ones have no place in float32. Raises RunError where
    nothing is left beside the mean.
    """
    first = _largest(values)
    values /= np.float32(first)
    values -= values.mean(axis=0, dtype=np.float64).astype(np.float32)
    second = _largest(values)
    if not second:
        raise _all_the_same()
    values /= np.float32(second)
    return first * second


def _largest(values: NDArray[np.float32]) -> float:
    return max(float(values.max()), -float(values.min()))


def _principal(values: NDArray[np.float32]) -> Embedding:
    # Imported here and below: scikit-learn takes a second that nobody waits for without a map.
    from sklearn.decomposition import PCA

    count = min(2, *values.shape)
    pca = PCA(count, random_state=_SEED)
    points = np.zeros((len(values), 2))
    points[:, :count] = pca.fit_transform(values)
    return Embedding(points, float(pca.explained_variance_ratio_.sum()))


def _neighbours(values: NDArray[np.float32], first: Points) -> Points:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if min(values.shape) > _DIRECTIONS:
        values = PCA(_DIRECTIONS, random_state=_SEED).fit_transform(values)
    # As wide as scikit-learn begins itself; handed over because there may be one feature only.
    start = (first / first[:, 0].std() * 1e-4).astype(np.float32)
    # One thread: it leaves the other cores to trainings, and several wait for each other where
    # cores are busy.
    with threadpool_limits(1, user_api="openmp"):
        points: NDArray[np.float32] = TSNE(
            perplexity=min(_PERPLEXITY, (len(values) - 1) / 3),
            init=start,
            max_iter=_ITERATIONS,
            random_state=_SEED,
        ).fit_transform(values)
    return points.astype(np.float64)
