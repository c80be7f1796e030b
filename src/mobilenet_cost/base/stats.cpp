#include "mobilenet_cost/base/stats.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

namespace {

std::vector<double> sorted(std::span<const double> values) {
    if (values.empty()) fail("", "expected at least one sample, found none");
    std::vector<double> copy(values.begin(), values.end());
    std::sort(copy.begin(), copy.end());
    return copy;
}

void check_confidence(double confidence) {
    if (!(confidence > 0 && confidence < 1)) {
        fail("confidence", fmt::format("expected a number between 0 and 1, found {}", confidence));
    }
}

double positive_log(double value) {
    if (!(value > 0) || !std::isfinite(value)) {
        fail("", fmt::format("expected a positive number for a ratio, found {}", value));
    }
    return std::log(value);
}

/// P(X = k) for X ~ Binomial(n, 1/2), by logarithms: n may be large.
double binomial_half(std::size_t n, std::size_t k) {
    const auto log_factorial = [](std::size_t m) { return std::lgamma(static_cast<double>(m) + 1); };
    return std::exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k) -
                    static_cast<double>(n) * std::log(2.0));
}

/// Rounding of binomial_half() must not refuse a level that is met exactly, for example 0.9375 at n = 5.
constexpr double kTailRounding = 1e-9;

}  // namespace

double median(std::span<const double> values) {
    return quantile(values, 0.5);
}

double quantile(std::span<const double> values, double p) {
    if (!(p >= 0 && p <= 1)) fail("quantile", fmt::format("expected a number from 0 to 1, found {}", p));
    const std::vector<double> order = sorted(values);
    const double position = p * static_cast<double>(order.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, order.size() - 1);
    return std::lerp(order[below], order[above], position - static_cast<double>(below));
}

double mean(std::span<const double> values) {
    if (values.empty()) fail("", "expected at least one sample, found none");
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double geometric_mean(std::span<const double> values) {
    std::vector<double> logs;
    logs.reserve(values.size());
    std::transform(values.begin(), values.end(), std::back_inserter(logs), positive_log);
    return std::exp(mean(logs));
}

std::optional<MedianRanks> median_ranks(std::size_t n, double confidence) {
    check_confidence(confidence);
    const double allowed = (1 - confidence) * (1 + kTailRounding);
    std::optional<MedianRanks> best;
    double tail = 0;  // P(X < low)
    for (std::size_t low = 1; 2 * low <= n; ++low) {
        tail += binomial_half(n, low - 1);
        if (2 * tail > allowed) break;
        best = MedianRanks{.low = low, .high = n + 1 - low, .coverage = 1 - 2 * tail};
    }
    return best;
}

std::size_t samples_for_interval(double confidence) {
    check_confidence(confidence);
    // The widest interval, from the smallest to the largest value, covers 1 - 2^(1 - n).
    std::size_t n = 2;
    while (!median_ranks(n, confidence))
        ++n;
    return n;
}

Estimate median_estimate(std::span<const double> values, double confidence) {
    const std::vector<double> order = sorted(values);
    Estimate estimate{.value = median(order), .interval = std::nullopt};
    if (const auto ranks = median_ranks(order.size(), confidence)) {
        estimate.interval = Interval{order[ranks->low - 1], order[ranks->high - 1], ranks->coverage};
    }
    return estimate;
}

Estimate paired_ratio(std::span<const double> numerators, std::span<const double> denominators,
                      double confidence) {
    if (numerators.size() != denominators.size()) {
        fail("", fmt::format("expected pairs, found {} values against {}", numerators.size(),
                             denominators.size()));
    }
    std::vector<double> logs;
    logs.reserve(numerators.size());
    for (std::size_t i = 0; i < numerators.size(); ++i) {
        logs.push_back(positive_log(numerators[i]) - positive_log(denominators[i]));
    }
    Estimate estimate = median_estimate(logs, confidence);
    estimate.value = std::exp(estimate.value);
    if (estimate.interval) {
        estimate.interval->low = std::exp(estimate.interval->low);
        estimate.interval->high = std::exp(estimate.interval->high);
    }
    return estimate;
}

double binomial_upper_tail(std::size_t n, std::size_t k) {
    double tail = 0;
    for (std::size_t i = k; i <= n; ++i)
        tail += binomial_half(n, i);
    return std::min(tail, 1.0);
}

double sign_test(std::span<const double> values, double limit) {
    const auto above = std::count_if(values.begin(), values.end(), [limit](double v) { return v > limit; });
    return binomial_upper_tail(values.size(), static_cast<std::size_t>(above));
}

Estimate scaled(const Estimate& estimate, double factor) {
    Estimate result = estimate;
    result.value *= factor;
    if (result.interval) {
        result.interval->low *= factor;
        result.interval->high *= factor;
    }
    return result;
}

}  // namespace mobilenet_cost
