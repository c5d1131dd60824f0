# SPDX-License-Identifier: BSD-3-Clause
"""Medians with their spread, and what they say of a goal."""

from dataclasses import dataclass
from math import comb
from statistics import median

CONFIDENCE = 0.95


def trimmed(count):
    """How many of the lowest and of the highest the spread leaves out.

    The interval between two order statistics holds the true median with a probability that is
    binomial, whatever the distribution (Conover, Practical Nonparametric Statistics, 3.2). Of 9
    runs, the second lowest to the second highest hold it with 96 in 100. Of fewer than 6 nothing
    can be left out.
    """
    outside, trim = 2 / 2**count, 0
    while trim + 1 < count / 2 and 1 - outside - 2 * comb(count, trim + 1) / 2**count >= CONFIDENCE:
        trim += 1
        outside += 2 * comb(count, trim) / 2**count
    return trim


@dataclass
class Figure:
    """Median and spread of what several runs gave."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values):
        ordered = sorted(values)
        if not ordered:
            return None
        trim = trimmed(len(ordered))
        return cls(median(ordered), ordered[trim], ordered[-1 - trim], len(ordered))

    def show(self, digits):
        if self.low == self.high:
            return f"{self.median:.{digits}f}"
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def judge(figure, limit, at_least=False):
    """`yes` or `NO` if the whole spread is on that side of the limit."""
    if figure is None:
        return "not measured"
    low, high = figure.low, figure.high
    if at_least:
        low, high, limit = -high, -low, -limit
    if high <= limit:
        return "yes"
    return "NO" if low > limit else "inconclusive"
