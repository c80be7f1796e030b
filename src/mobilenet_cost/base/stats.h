#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace mobilenet_cost {

/// Every function throws Error for an empty sample: a summary of nothing is not a number.
[[nodiscard]] double median(std::span<const double> values);

/// Linear interpolation between order statistics: definition 7 of Hyndman and Fan, "Sample Quantiles in
/// Statistical Packages" (1996), the default of R and NumPy. 0 <= p <= 1.
[[nodiscard]] double quantile(std::span<const double> values, double p);

[[nodiscard]] double mean(std::span<const double> values);

/// All values must be > 0.
[[nodiscard]] double geometric_mean(std::span<const double> values);

/// Which order statistics bound the median: the `low`-th and the `high`-th smallest value, counted from 1.
struct MedianRanks {
    std::size_t low = 0;
    std::size_t high = 0;
    double coverage = 0;  ///< achieved confidence, at least the one asked for

    bool operator==(const MedianRanks&) const = default;
};

/// The narrowest symmetric pair of ranks whose coverage reaches `confidence`. The interval inverts the sign
/// test: the number of n independent values below the median is Binomial(n, 1/2) whatever their distribution,
/// so ranks (d, n + 1 - d) cover it with probability 1 - 2 P(X < d) (Conover, "Practical Nonparametric
/// Statistics", section 3.2). Nothing when even (1, n) covers too little: n < 6 at 95 %, n < 8 at 99 %.
[[nodiscard]] std::optional<MedianRanks> median_ranks(std::size_t n, double confidence);

/// Smallest sample that has an interval at this confidence.
[[nodiscard]] std::size_t samples_for_interval(double confidence);

struct Interval {
    double low = 0;
    double high = 0;
    double coverage = 0;  ///< achieved confidence

    bool operator==(const Interval&) const = default;
};

struct Estimate {
    double value = 0;
    std::optional<Interval> interval;  ///< absent: too few samples for the confidence asked for

    bool operator==(const Estimate&) const = default;
};

[[nodiscard]] Estimate median_estimate(std::span<const double> values, double confidence);

/// Ratio of paired positive values, numerators[i] and denominators[i] taken in the same round: exp of the
/// median log ratio with its sign-test interval. What slows down both values of a pair cancels out; the
/// logarithm makes a/b the exact reciprocal of b/a. Throws Error when the lengths differ or a value is not >
/// 0.
[[nodiscard]] Estimate paired_ratio(std::span<const double> numerators, std::span<const double> denominators,
                                    double confidence);

/// P(X >= k) for X ~ Binomial(n, 1/2).
[[nodiscard]] double binomial_upper_tail(std::size_t n, std::size_t k);

/// One-sided sign test: the probability of at least as many values above `limit` if that were the median. It
/// is at most `a` exactly where the lower end of median_ranks(n, 1 - 2 a) lies above `limit`.
[[nodiscard]] double sign_test(std::span<const double> values, double limit);

/// The same estimate in another unit; factor > 0.
[[nodiscard]] Estimate scaled(const Estimate& estimate, double factor);

}  // namespace mobilenet_cost
