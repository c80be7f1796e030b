"""Medians and ratios with distribution-free intervals, as src/mobilenet_cost/base/stats.h defines them."""

import math


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def geometric_mean(values):
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))


def median_ranks(count, confidence):
    """The order statistics (from 1) that bound the median, or None with too few values.

    The interval inverts the sign test: how many of n independent values lie below the median is Binomial(n, 1/2)
    whatever their distribution (Conover, "Practical Nonparametric Statistics", section 3.2).
    """
    best = None
    outside = 0.0  # probability that fewer than `low` values lie below the median
    for low in range(1, count // 2 + 1):
        outside += math.comb(count, low - 1) / 2**count
        if 1 - 2 * outside < confidence:
            break
        best = (low, count + 1 - low)
    return best


def estimate(values, confidence):
    """{"value", "low", "high"}; the bounds are None with too few values."""
    ordered = sorted(values)
    ranks = median_ranks(len(ordered), confidence)
    low, high = (ordered[rank - 1] for rank in ranks) if ranks else (None, None)
    return {"value": median(ordered), "low": low, "high": high}


def paired_ratio(numerators, denominators, confidence):
    """Each pair was taken in the same round: what slows both cancels. By logarithms, so that a/b is 1 / (b/a)."""
    logs = [math.log(a / b) for a, b in zip(numerators, denominators, strict=True)]
    found = estimate(logs, confidence)
    return {key: None if value is None else math.exp(value) for key, value in found.items()}
