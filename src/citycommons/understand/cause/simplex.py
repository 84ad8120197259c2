"""Least squares over weights that are not negative and add up to one (Frank and Wolfe 1956)."""

import numpy as np
from numba import njit

from citycommons.understand.cause.products import times
from citycommons.understand.cause.types import Floats

_BEFORE_SPARSE, _AT_MOST = 100, 10_000  # iterations, as in the authors' own choice


@njit(cache=True)
def descend(  # type: ignore[no-untyped-def]
    gram, cross, square, rows, ridge, start, least, most
):
    """Frank–Wolfe with exact line search on |A x - b|² / rows + ridge |x|², in normal equations.

    `gram` is A'A, `cross` A'b and `square` b'b. A step costs as many operations as there are
    weights, so that hundreds of placebos take no longer than one estimate by the matrix itself.
    Stops when a step gains less than `least`.
    """
    many = len(start)
    x, image = start.copy(), times(gram, start)
    eta = rows * ridge
    before = np.inf
    for _ in range(most):
        best, steepest, along = 0, np.inf, 0.0
        fits, length = 0.0, 0.0  # x'Gx and x'x
        for i in range(many):
            slope = image[i] - cross[i] + eta * x[i]
            along += slope * x[i]
            fits += x[i] * image[i]
            length += x[i] * x[i]
            if slope < steepest:
                best, steepest = i, slope
        away = steepest - along  # half the directional derivative
        bend = gram[best, best] - 2 * image[best] + fits + eta * (1 - 2 * x[best] + length)
        if away >= 0 or bend <= 0:
            break
        step = min(1.0, -away / bend)
        meets, fits, length = 0.0, 0.0, 0.0
        for i in range(many):
            x[i] *= 1 - step
            if i == best:
                x[i] += step
            image[i] += step * (gram[best, i] - image[i])
            meets += x[i] * cross[i]
            fits += x[i] * image[i]
            length += x[i] * x[i]
        now = ridge * length + (fits - 2 * meets + square) / rows
        if before - now <= least:
            break
        before = now
    return x


@njit(cache=True)
def sparse_descend(gram, cross, square, rows, ridge, least):  # type: ignore[no-untyped-def]
    """A short descent, weights below a quarter of the largest dropped, then a long descent.

    The sparsifying step of the authors of synthetic difference-in-differences.
    """
    start = np.full(len(cross), 1.0 / len(cross))
    x = descend(gram, cross, square, rows, ridge, start, least, _BEFORE_SPARSE)
    x = np.where(x <= x.max() / 4, 0.0, x)
    return descend(gram, cross, square, rows, ridge, x / x.sum(), least, _AT_MOST)


def weights(
    matrix: Floats, target: Floats, *, zeta: float, least: float, has_intercept: bool
) -> Floats:
    """Weights of the columns that come nearest to the target.

    Parameters
    ----------
    matrix, target
        Shapes (rows, columns) and (rows,), without NaN.
    zeta
        Ridge: zeta² times the sum of squared weights is added to the mean squared error.
    least
        The descent stops when a step gains less than its square.
    has_intercept
        Whether a constant may be added to the weighted sum.

    References
    ----------
    Frank and Wolfe, Naval Research Logistics Quarterly 3, 1956, 95–110; Arkhangelsky, Athey,
    Hirshberg, Imbens and Wager, American Economic Review 111, 2021, 4088–4118, equations 4 and 6.
    """
    if has_intercept:
        matrix, target = matrix - matrix.mean(axis=0), target - target.mean()
    found: Floats = sparse_descend(
        matrix.T @ matrix, matrix.T @ target, float(target @ target), len(target), zeta**2, least**2
    )
    return found
