#include "mobilenet_cost/sweep/result.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

/// Standard normal quantile of 90 %: the power that detectable_change promises.
constexpr double kPowerQuantile = 1.2816;

/// Standard deviation of a sample median over that of its mean, for a normal distribution: sqrt(pi / 2).
constexpr double kMedianFactor = 1.2533;

/// Interquartile range of a standard normal distribution.
constexpr double kNormalQuartiles = 1.3490;

double ratio(std::int64_t numerator, std::int64_t denominator) {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
}

/// Quantile of the standard normal distribution; bisection on std::erfc, because there is no inverse in the
/// standard library.
double normal_quantile(double probability) {
    double low = -10;
    double high = 10;
    for (int i = 0; i < 80; ++i) {
        const double middle = (low + high) / 2;
        (std::erfc(-middle / std::sqrt(2.0)) / 2 < probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

/// Solves the sample-size formula of the sign-test interval for the effect: z (1.2533 s) / sqrt(n), with s
/// the spread of the log ratios of the rounds, estimated by their quartiles.
double detectable(const PairedSeconds& pairs, double confidence) {
    std::vector<double> logs;
    for (std::size_t i = 0; i < pairs.first.size(); ++i)
        logs.push_back(std::log(pairs.first[i] / pairs.second[i]));
    const double spread = (quantile(logs, 0.75) - quantile(logs, 0.25)) / kNormalQuartiles;
    const double z = normal_quantile(1 - (1 - confidence) / 2) + kPowerQuantile;
    return std::expm1(z * kMedianFactor * spread / std::sqrt(static_cast<double>(logs.size())));
}

Estimate widened(Estimate estimate, double part) {
    if (estimate.interval) {
        estimate.interval->low /= 1 + part;
        estimate.interval->high *= 1 + part;
    }
    return estimate;
}

bool is_timed(const SweepRun& run, const Measurement& measurement, std::size_t index) {
    return run.points[index].status == BenchStatus::ok && measurement.cells[index].failure.empty();
}

/// Whether a ratio to the standard network is this point's.
bool has_standard(const SweepPoint& point) {
    return point.network == NetworkKind::separable && point.counterpart.has_value();
}

/// Reads the samples of one run; everything that the result and the next round need.
class Evaluation {
  public:
    Evaluation(const SweepRun& run, const Measurement& measurement) : run_(run), measurement_(measurement) {}

    [[nodiscard]] PointResult point(std::size_t index) const {
        const SweepPoint& point = run_.points[index];
        PointResult result;
        result.status = point.status;
        result.reason = point.reason;
        result.analytic_speedup = analytic(point.base, index);
        if (has_standard(point)) result.analytic_standard = analytic(*point.counterpart, index);
        if (point.status != BenchStatus::ok) return result;
        const CellSamples& samples = measurement_.cells[index];
        result.rounds = static_cast<std::int64_t>(seconds_by_round(samples).size());
        if (!samples.failure.empty()) {
            result.status = BenchStatus::failed;
            result.reason = samples.failure;
            return result;
        }
        set_seconds(index, result);
        if (!result.seconds) {
            const bool unvisited = samples.blocks.empty();
            result.status = unvisited ? status_without_round(measurement_.ended) : BenchStatus::skipped;
            result.reason = unvisited ? unvisited_reason() : "every round was disturbed";
            return result;
        }
        set_ratios(index, result);
        return result;
    }

    [[nodiscard]] std::string unvisited_reason() const {
        const bool interrupted = measurement_.ended == Ended::interrupted && measurement_.order.empty();
        return interrupted || measurement_.ended == Ended::time_limit ? no_round_reason(measurement_.ended)
                                                                      : "ended before its first round";
    }

    [[nodiscard]] std::optional<Estimate> slope(const std::vector<std::size_t>& group) const {
        std::map<std::int64_t, std::vector<std::pair<double, double>>> rounds;  // log MACs, log seconds
        for (const std::size_t index : group) {
            const double log_macs = std::log(static_cast<double>(run_.points[index].counts->macs));
            for (const RoundSeconds& round : undisturbed_rounds(index))
                rounds[round.round].emplace_back(log_macs, std::log(round.seconds));
        }
        std::vector<double> slopes;
        for (const auto& [round, pairs] : rounds) {
            if (pairs.size() == group.size()) slopes.push_back(least_squares(pairs));
        }
        if (slopes.empty()) return std::nullopt;
        return median_estimate(slopes, run_.timing.confidence);
    }

  private:
    [[nodiscard]] std::optional<double> analytic(std::size_t slower, std::size_t index) const {
        const auto& above = run_.points[slower].counts;
        const auto& below = run_.points[index].counts;
        if (!above || !below || below->macs == 0) return std::nullopt;
        return ratio(above->macs, below->macs);
    }

    [[nodiscard]] std::vector<RoundSeconds> undisturbed_rounds(std::size_t index) const {
        return seconds_by_round(measurement_.cells[index],
                                [&](const TimedBlock& block) { return !disturbed(index, block); });
    }

    [[nodiscard]] bool disturbed(std::size_t index, const TimedBlock& block) const {
        return is_disturbed(block, measurement_.cells[index].size.group, run_.timing.limits);
    }

    void set_seconds(std::size_t index, PointResult& result) const {
        const std::vector<double> seconds = undisturbed_seconds(run_, measurement_, index);
        result.disturbed = result.rounds - static_cast<std::int64_t>(seconds.size());
        if (!seconds.empty()) result.seconds = median_estimate(seconds, run_.timing.confidence);
    }

    [[nodiscard]] PairedSeconds pairs(std::size_t slower, std::size_t index) const {
        return paired_seconds(measurement_.cells[slower], measurement_.cells[index],
                              [&](const TimedBlock& first, const TimedBlock& second) {
                                  return !disturbed(slower, first) && !disturbed(index, second);
                              });
    }

    [[nodiscard]] std::optional<Estimate> speedup(const PairedSeconds& paired, double between_runs) const {
        if (paired.first.empty()) return std::nullopt;
        return widened(paired_ratio(paired.first, paired.second, run_.timing.confidence), between_runs);
    }

    void set_ratios(std::size_t index, PointResult& result) const {
        const SweepPoint& point = run_.points[index];
        if (is_timed(run_, measurement_, point.base)) set_speedup(index, result);
        const std::optional<std::size_t> f32 = f32_point(run_, index);
        if (f32 && is_timed(run_, measurement_, *f32))
            result.over_f32 = speedup(pairs(*f32, index), run_.timing.between_runs);
        if (!has_standard(point) || !is_timed(run_, measurement_, *point.counterpart)) return;
        result.standard = speedup(pairs(*point.counterpart, index), run_.timing.between_runs);
        if (result.standard && result.analytic_standard)
            result.standard_kept = scaled(*result.standard, 1 / *result.analytic_standard);
    }

    void set_speedup(std::size_t index, PointResult& result) const {
        const bool is_base = run_.points[index].base == index;
        const PairedSeconds paired = pairs(run_.points[index].base, index);
        result.speedup = speedup(paired, is_base ? 0 : run_.timing.between_runs);
        // Without an interval there is no spread worth its name, either: one round would detect anything.
        if (result.speedup && result.speedup->interval && !is_base)
            result.detectable_change = detectable(paired, run_.timing.confidence) + run_.timing.between_runs;
        if (result.speedup && result.analytic_speedup)
            result.kept = scaled(*result.speedup, 1 / *result.analytic_speedup);
    }

    [[nodiscard]] static double least_squares(const std::vector<std::pair<double, double>>& pairs) {
        const auto n = static_cast<double>(pairs.size());
        double x = 0;
        double y = 0;
        for (const auto& [log_macs, log_seconds] : pairs) {
            x += log_macs / n;
            y += log_seconds / n;
        }
        double covariance = 0;
        double variance = 0;
        for (const auto& [log_macs, log_seconds] : pairs) {
            covariance += (log_macs - x) * (log_seconds - y);
            variance += (log_macs - x) * (log_macs - x);
        }
        return covariance / variance;
    }

    const SweepRun& run_;
    const Measurement& measurement_;
};

/// Points that belong to one line of the fit, in order; only those that have samples.
std::vector<std::vector<std::size_t>> fit_groups(const SweepRun& run,
                                                 const std::vector<PointResult>& points) {
    std::vector<std::vector<std::size_t>> groups;
    std::map<std::size_t, std::size_t> of_base;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (points[i].status != BenchStatus::ok) continue;
        const auto [place, is_new] = of_base.try_emplace(run.points[i].base, groups.size());
        if (is_new) groups.emplace_back();
        groups[place->second].push_back(i);
    }
    return groups;
}

/// A slope needs different MACs, all of which have a logarithm.
bool has_slope(const SweepRun& run, const std::vector<std::size_t>& group) {
    const bool positive = std::all_of(group.begin(), group.end(),
                                      [&](std::size_t index) { return run.points[index].counts->macs > 0; });
    return positive && std::any_of(group.begin(), group.end(), [&](std::size_t index) {
               return run.points[index].counts->macs != run.points[group.front()].counts->macs;
           });
}

/// Finds the intervals that decide whether the points are done, and whether they are narrow enough.
class Judgement {
  public:
    Judgement(const SweepRun& run, const Measurement& measurement, SweepResult& result)
        : run_(run), measurement_(measurement), result_(result), partner_(run.points.size(), false) {}

    void pass() {
        for (std::size_t i = 0; i < run_.points.size(); ++i) {
            if (!runs(i)) continue;
            if (judges_speedup(i)) partner_[run_.points[i].base] = true;
            if (judges_standard(i)) partner_[*run_.points[i].counterpart] = true;
            if (judges_f32(i)) partner_[*f32_point(run_, i)] = true;
        }
        for (std::size_t i = 0; i < run_.points.size(); ++i) {
            if (runs(i)) judge(i);
        }
    }

  private:
    [[nodiscard]] bool runs(std::size_t index) const { return is_timed(run_, measurement_, index); }
    [[nodiscard]] bool judges_speedup(std::size_t index) const {
        const std::size_t base = run_.points[index].base;
        return base != index && runs(base);
    }
    [[nodiscard]] bool judges_standard(std::size_t index) const {
        const SweepPoint& point = run_.points[index];
        return has_standard(point) && runs(*point.counterpart);
    }

    [[nodiscard]] bool judges_f32(std::size_t index) const {
        const std::optional<std::size_t> f32 = f32_point(run_, index);
        return f32 && runs(*f32);
    }

    void judge(std::size_t index) {
        PointResult& point = result_.points[index];
        const bool ratios = run_.timing.precise_ratios;
        if (ratios && judges_speedup(index)) point.wide.speedup = is_wide(point.speedup);
        if (ratios && judges_standard(index)) point.wide.standard = is_wide(point.standard);
        if (ratios && judges_f32(index)) point.wide.over_f32 = is_wide(point.over_f32);
        const bool alone =
            !judges_speedup(index) && !judges_standard(index) && !judges_f32(index) && !partner_[index];
        if (alone || run_.timing.precise_times || run_.timing.prediction)
            point.wide.seconds = is_wide(point.seconds) && !is_decided(point.seconds);
        point.precise = point.status == BenchStatus::ok && !point.wide.any();
    }

    [[nodiscard]] bool is_decided(const std::optional<Estimate>& seconds) const {
        const std::optional<double>& at = run_.timing.decided_at;
        return at && seconds && seconds->interval &&
               (seconds->interval->high < *at || seconds->interval->low > *at);
    }

    bool is_wide(const std::optional<Estimate>& estimate) {
        if (!estimate || !estimate->interval) return true;
        const double half_width =
            (estimate->interval->high - estimate->interval->low) / (2 * estimate->value);
        result_.worst_interval = std::max(result_.worst_interval.value_or(0), half_width);
        return half_width > run_.timing.precision;
    }

    const SweepRun& run_;
    const Measurement& measurement_;
    SweepResult& result_;
    std::vector<bool> partner_;  // of a pair that another point is judged by
};

void summarize_points(SweepResult& result) {
    std::vector<double> changes;
    for (const PointResult& point : result.points) {
        if (point.status != BenchStatus::ok) continue;
        if (!point.precise) ++result.imprecise;
        if (point.detectable_change) changes.push_back(*point.detectable_change);
    }
    if (!changes.empty()) result.detectable_change = median(changes);
}

}  // namespace

SweepResult evaluate_points(const SweepRun& run, const Measurement& measurement) {
    const Evaluation evaluation(run, measurement);
    SweepResult result;
    for (std::size_t i = 0; i < run.points.size(); ++i)
        result.points.push_back(evaluation.point(i));
    Judgement(run, measurement, result).pass();
    summarize_points(result);
    return result;
}

SweepResult evaluate(const SweepRun& run) {
    SweepResult result = evaluate_points(run, run.measurement);
    const Evaluation evaluation(run, run.measurement);
    for (const std::vector<std::size_t>& group : fit_groups(run, result.points)) {
        if (!has_slope(run, group)) continue;
        const std::optional<Estimate> slope = evaluation.slope(group);
        if (!slope) continue;
        const SweepPoint& point = run.points[group.front()];
        result.fits.push_back({run.cells[point.cell].model, point.engine, point.threads, point.network,
                               static_cast<std::int64_t>(group.size()), *slope});
    }
    return result;
}

std::vector<double> undisturbed_seconds(const SweepRun& run, const Measurement& measurement,
                                        std::size_t point) {
    const CellSamples& samples = measurement.cells[point];
    return round_seconds(samples, [&](const TimedBlock& block) {
        return !is_disturbed(block, samples.size.group, run.timing.limits);
    });
}

}  // namespace mobilenet_cost
