"""Maps of images in two dimensions, against scikit-learn; which images are shown."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from core.analysis.embedding import Method, choose_images, embed, label_places
from core.errors import RunError

Values = npt.NDArray[np.float32]


def clusters(count: int = 40, units: int = 8) -> tuple[Values, npt.NDArray[np.int64]]:
    """Three clouds of `count` points each, far apart, and which of them each is in."""
    chance = np.random.default_rng(3)
    centres = 20 * chance.normal(size=(3, units))
    labels = np.repeat(np.arange(3), count)
    return (centres[labels] + chance.normal(size=(3 * count, units))).astype(np.float32), labels


# Principal components


def test_pca_is_scikit_learns_up_to_sign() -> None:
    values, _ = clusters()
    ours = embed(values, "pca").points
    theirs = PCA(2, svd_solver="full").fit_transform(values.astype(np.float64))
    signs = np.sign((ours * theirs).sum(axis=0))
    assert ours * signs == pytest.approx(theirs, abs=1e-3)


def test_pca_holds_the_share_of_variance_that_scikit_learn_says() -> None:
    values, _ = clusters()
    theirs = (
        PCA(2, svd_solver="full").fit(values.astype(np.float64)).explained_variance_ratio_.sum()
    )
    assert embed(values, "pca").held == pytest.approx(theirs, abs=1e-5)


def test_values_in_a_plane_are_held_whole() -> None:
    flat = np.random.default_rng(0).normal(size=(50, 2)) @ np.ones((2, 7))
    assert embed(flat, "pca").held == pytest.approx(1)


def test_a_single_value_an_image_lies_on_a_line() -> None:
    values = np.arange(10, dtype=np.float32)[:, None]
    points = embed(values, "pca").points
    assert np.abs(points[:, 0]) == pytest.approx(np.abs(values[:, 0] - 4.5))
    assert not points[:, 1].any()


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_very_small_and_very_large_values_are_laid_out_as_others_are(size: float) -> None:
    values, _ = clusters()
    found, usual = embed(size * values, "pca"), embed(values, "pca")
    assert found.held == pytest.approx(usual.held, abs=1e-5)
    assert found.points / size == pytest.approx(usual.points, abs=1e-3)


# Neighbours


def test_tsne_keeps_neighbours_together() -> None:
    values, labels = clusters()
    points = embed(values, "tsne").points
    assert trustworthiness(values, points) > 0.9
    for group in range(3):
        own, others = points[labels == group], points[labels != group]
        centre = own.mean(axis=0)
        assert np.linalg.norm(own - centre, axis=1).max() < (
            np.linalg.norm(others - centre, axis=1).min()
        )


def test_tsne_claims_no_share_of_variance() -> None:
    assert embed(clusters()[0], "tsne").held is None


@pytest.mark.parametrize(("count", "units"), [(1, 4), (2, 1), (40, 60)])
def test_tsne_lays_out_few_images_single_values_and_many(count: int, units: int) -> None:
    points = embed(clusters(count, units)[0], "tsne").points
    assert points.shape == (3 * count, 2)
    assert np.isfinite(points).all()


# Both


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_same_values_give_the_same_map(method: Method) -> None:
    values, _ = clusters()
    assert np.array_equal(embed(values, method).points, embed(values, method).points)


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (np.eye(2), "at least 3 images"),
        (np.empty((0, 5)), "only 0"),
        (np.ones((20, 5)), "all images are the same"),
        (np.full((20, 5), np.nan), "not finite|finite numbers"),
        (np.vstack([np.eye(5), np.full(5, np.inf)]), "finite numbers"),
    ],
)
def test_what_cannot_be_laid_out_is_refused_in_a_sentence(
    method: Method, values: Any, sentence: str
) -> None:
    with pytest.raises(RunError, match=sentence):
        embed(values, method)


# Which images


def test_all_images_are_shown_where_they_fit() -> None:
    assert choose_images([True, False, True], 3).tolist() == [0, 1, 2]


def reading(every: int, wrong: int) -> npt.NDArray[np.bool_]:
    right = np.ones(every, dtype=np.bool_)
    right[np.random.default_rng(5).choice(every, wrong, replace=False)] = False
    return right


@pytest.mark.parametrize(
    ("every", "wrong", "shown", "misread"),
    [
        (1000, 20, 100, 20),  # all that there are
        (1000, 25, 100, 25),
        (1000, 300, 100, 25),  # a quarter of those shown
        (1000, 990, 100, 90),  # too few were read right
        (1000, 1000, 100, 100),
        (1000, 0, 100, 0),
    ],
)
def test_misread_images_come_first_up_to_a_quarter(
    every: int, wrong: int, shown: int, misread: int
) -> None:
    right = reading(every, wrong)
    chosen = choose_images(right, shown)
    assert len(np.unique(chosen)) == shown
    assert chosen.tolist() == sorted(chosen.tolist())
    assert int((~right[chosen]).sum()) == misread


def test_the_choice_is_the_same_at_every_look() -> None:
    right = reading(500, 60)
    assert np.array_equal(choose_images(right, 100), choose_images(right, 100))


def test_two_runs_share_most_of_what_is_shown() -> None:
    one, other = choose_images(reading(5000, 50), 1000), choose_images(np.ones(5000, bool), 1000)
    assert len(np.intersect1d(one, other)) > 900


# Where digits are written


def test_a_digit_is_written_on_one_of_its_own_dots() -> None:
    points = np.array([[0.0, 0], [0, 1], [10, 0], [10, 1], [10, 2], [5, 5]])
    places = label_places(points, [7, 7, 7, 7, 7, 2])
    assert set(places) == {2, 7}
    assert places[2] == (5, 5)
    assert places[7] == (10, 1)
