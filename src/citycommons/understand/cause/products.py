"""Products and roots of small matrices in compiled code, without a linear algebra library."""

import numpy as np
from numba import njit


@njit(cache=True)
def dot(a, b):  # type: ignore[no-untyped-def]
    """Sum of the products of two vectors."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@njit(cache=True)
def times(matrix, x):  # type: ignore[no-untyped-def]
    """Matrix times vector."""
    found = np.zeros(matrix.shape[0])
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            found[i] += matrix[i, j] * x[j]
    return found


@njit(cache=True)
def across(matrix, x):  # type: ignore[no-untyped-def]
    """Transposed matrix times vector."""
    found = np.zeros(matrix.shape[1])
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            found[j] += matrix[i, j] * x[i]
    return found


@njit(cache=True)
def root(matrix):  # type: ignore[no-untyped-def]
    """Lower Cholesky factor of a positive definite matrix."""
    many = len(matrix)
    found = np.zeros((many, many))
    for i in range(many):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= found[i, k] * found[j, k]
            found[i, j] = np.sqrt(max(rest, 1e-300)) if i == j else rest / found[j, j]
    return found


@njit(cache=True)
def forwards(factor, x):  # type: ignore[no-untyped-def]
    """Solve factor z = x for a lower factor."""
    z = x.copy()
    for i in range(len(x)):
        for k in range(i):
            z[i] -= factor[i, k] * z[k]
        z[i] /= factor[i, i]
    return z


@njit(cache=True)
def backwards(factor, x):  # type: ignore[no-untyped-def]
    """Solve factor' z = x for a lower factor."""
    z = x.copy()
    for i in range(len(x) - 1, -1, -1):
        for k in range(i + 1, len(x)):
            z[i] -= factor[k, i] * z[k]
        z[i] /= factor[i, i]
    return z
