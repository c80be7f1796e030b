#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

/// The intervals of a point that are wider than SweepTiming::precision or do not exist yet. A point is
/// judged by its ratios: in them the machine's drift cancels, and more rounds help. Its time alone decides
/// only where it belongs to no ratio, where SweepTiming::precise_times asks for it, and where others are
/// predicted from it.
struct WideIntervals {
    bool seconds = false;
    bool speedup = false;
    bool standard = false;
    bool over_f32 = false;

    [[nodiscard]] bool any() const { return seconds || speedup || standard || over_f32; }
};

/// The result of a point. Every interval has the confidence SweepTiming::confidence.
struct PointResult {
    BenchStatus status = BenchStatus::skipped;
    std::string reason;                       ///< why not ok
    std::int64_t rounds = 0;                  ///< with a block of this point
    std::int64_t disturbed = 0;               ///< of these, left out, because every block was disturbed
    std::optional<Estimate> seconds;          ///< of one pass
    std::optional<double> analytic_speedup;   ///< MACs of the base point over MACs of this one
    std::optional<Estimate> speedup;          ///< over the base point, from the pairs of each round
    std::optional<Estimate> kept;             ///< speedup / analytic_speedup
    std::optional<double> analytic_standard;  ///< separable only: MACs of the counterpart over its own
    std::optional<Estimate> standard;         ///< separable only: time of the counterpart over its own
    std::optional<Estimate> standard_kept;    ///< standard / analytic_standard
    std::optional<Estimate> over_f32;         ///< time in f32 (f32_point()) over its own
    std::optional<double> detectable_change;  ///< smallest change of the speed-up found with 90 % power
    WideIntervals wide;                       ///< of a point that can run
    bool precise = false;                     ///< it has run, and no interval is wide
};

/// The slope of log(time) on log(MACs) over the cells of a group: 1 says that time is MACs. Least squares in
/// each round, then the median over the rounds.
struct SlopeFit {
    std::string model;
    std::string engine;
    int threads = 1;
    NetworkKind network = NetworkKind::separable;
    std::int64_t cells = 0;
    Estimate slope;
};

struct SweepResult {
    std::vector<PointResult> points;  ///< one per SweepRun::points
    std::vector<SlopeFit> fits;
    std::optional<double> worst_interval;     ///< largest half width over value, of those that decide
    std::optional<double> detectable_change;  ///< median over the points
    std::int64_t imprecise = 0;               ///< points that ran and are not precise
};

[[nodiscard]] SweepResult evaluate(const SweepRun& run);

/// The same without the fits, which no round depends on, and with the samples of a measurement that is not in
/// the run yet.
[[nodiscard]] SweepResult evaluate_points(const SweepRun& run, const Measurement& measurement);

/// Seconds of a pass of a point, one for each round with a block that nothing disturbed
/// (SweepTiming::limits), in order.
[[nodiscard]] std::vector<double> undisturbed_seconds(const SweepRun& run, const Measurement& measurement,
                                                      std::size_t point);

}  // namespace mobilenet_cost
