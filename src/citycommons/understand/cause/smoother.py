"""A level and seasons behind a series, drawn at once given their variances (Kalman filter).

The state is the level, then for each season pattern of S values S - 1 numbers: the present one and
those before it. What was not observed (NaN) is passed over, so gaps and the future are the same.
"""

import numpy as np
from numba import njit

from citycommons.understand.cause.products import dot


@njit(cache=True)
def turn(x, offsets, lengths, moves):  # type: ignore[no-untyped-def]
    """The state one step later without noise, in place: seasons that move on sum to zero."""
    for j in range(len(offsets)):
        if moves[j]:
            first, many = offsets[j], lengths[j]
            total = 0.0
            for i in range(first, first + many):
                total += x[i]
            for i in range(first + many - 1, first, -1):
                x[i] = x[i - 1]
            x[first] = -total


@njit(cache=True)
def turn_back(r, offsets, lengths, moves):  # type: ignore[no-untyped-def]
    """The transpose of `turn`, in place."""
    for j in range(len(offsets)):
        if moves[j]:
            first, many = offsets[j], lengths[j]
            head = r[first]
            for i in range(first, first + many - 1):
                r[i] = r[i + 1] - head
            r[first + many - 1] = -head


@njit(cache=True)
def draw_state(  # type: ignore[no-untyped-def]
    y, observation_sd, level_sd, season_sd, offsets, lengths, moves, start_sd
):
    """One draw of the states given everything else, shape (times, states).

    Simulation smoother of Durbin and Koopman, Biometrika 89, 2002, 603–616: an artificial series
    is drawn, and the smoothed difference to the observed one is added to its states. `moves` has
    the shape (times, patterns): whether the season changes from this time to the next.
    """
    times, states = len(y), 1 + lengths.sum()
    drawn = np.empty((times, states))
    state = np.random.normal(0.0, 1.0, states) * start_sd
    rest = np.empty(times)
    for t in range(times):
        drawn[t] = state
        seen = state[0]
        for j in range(len(offsets)):
            seen += state[offsets[j]]
        rest[t] = y[t] - seen - observation_sd * np.random.normal()
        turn(state, offsets, lengths, moves[t])
        state[0] += level_sd * np.random.normal()
        for j in range(len(offsets)):
            if moves[t, j]:
                state[offsets[j]] += season_sd[j] * np.random.normal()
    smoothed = smooth(
        rest, observation_sd, level_sd, season_sd, offsets, lengths, moves, start_sd
    )  # fmt: skip
    return drawn + smoothed


@njit(cache=True)
def smooth(  # type: ignore[no-untyped-def]
    y, observation_sd, level_sd, season_sd, offsets, lengths, moves, start_sd
):
    """The mean of the states given the whole series, shape (times, states); they start at zero.

    Filter forwards, disturbances backwards (Durbin and Koopman, Time Series Analysis by State
    Space Methods, 2nd edition 2012, sections 4.3 and 4.5).
    """
    times, states = len(y), 1 + lengths.sum()
    error, size = np.zeros(times), np.zeros(times)
    gain = np.zeros((times, states))
    mean = np.zeros(states)
    spread = np.diag(start_sd * start_sd)
    for t in range(times):
        if not np.isnan(y[t]):
            to_seen = spread[0].copy()
            guess = mean[0]
            for j in range(len(offsets)):
                to_seen += spread[offsets[j]]
                guess += mean[offsets[j]]
            size[t] = to_seen[0] + observation_sd * observation_sd
            for j in range(len(offsets)):
                size[t] += to_seen[offsets[j]]
            error[t] = y[t] - guess
            gain[t] = to_seen / size[t]
            mean += gain[t] * error[t]
            for a in range(states):
                for b in range(states):
                    spread[a, b] -= gain[t, a] * to_seen[b]
        turn(mean, offsets, lengths, moves[t])
        for a in range(states):
            turn(spread[:, a], offsets, lengths, moves[t])
        for a in range(states):
            turn(spread[a], offsets, lengths, moves[t])
        spread[0, 0] += level_sd * level_sd
        for j in range(len(offsets)):
            if moves[t, j]:
                spread[offsets[j], offsets[j]] += season_sd[j] * season_sd[j]
    return _backwards(
        error, size, gain, level_sd, season_sd, offsets, lengths, moves, start_sd
    )  # fmt: skip


@njit(cache=True)
def _backwards(  # type: ignore[no-untyped-def]
    error, size, gain, level_sd, season_sd, offsets, lengths, moves, start_sd
):
    times, states = gain.shape
    pull = np.zeros((times, states))  # on the step from t to t + 1
    now = np.zeros(states)
    for t in range(times - 1, -1, -1):
        pull[t] = now
        turn_back(now, offsets, lengths, moves[t])
        if size[t] > 0:
            back = error[t] / size[t] - dot(gain[t], now)
            now[0] += back
            for j in range(len(offsets)):
                now[offsets[j]] += back
    smoothed = np.empty((times, states))
    state = now * start_sd * start_sd
    for t in range(times):
        smoothed[t] = state
        turn(state, offsets, lengths, moves[t])
        state[0] += level_sd * level_sd * pull[t, 0]
        for j in range(len(offsets)):
            if moves[t, j]:
                state[offsets[j]] += season_sd[j] ** 2 * pull[t, offsets[j]]
    return smoothed
