#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/engine/world.h"
#include "mobilenet_cost/measure/calibration.h"
#include "mobilenet_cost/measure/network_kind.h"
#include "mobilenet_cost/measure/samples.h"

namespace mobilenet_cost {

/// One thing to time against the others.
struct MeasuredCell {
    std::function<void(std::int64_t passes)> run;  ///< runs `passes` passes, back to back
    std::optional<int> pin_cpu;                    ///< CPU of the calling thread meanwhile
    /// Optional: told true before and false after each block of a round, whose passes count. Warm-up,
    /// calibration and the settling pass do not.
    std::function<void(bool counts)> recording;
    /// Optional: called before each pass, outside the timed time. Every pass is then timed by itself, and
    /// blocks are as long as the passes and this together.
    std::function<void()> before_pass = {};
    /// False where a pass reads so much that no cache holds any of it for the next one: such a pass takes as
    /// long right behind another cell's.
    bool keeps_caches = true;
    /// Cells that it will be compared with: beside their passes, its blocks shall not be the noisy side.
    std::vector<std::size_t> partners = {};
    double work = 0;           ///< of a pass, in a unit that the cells share, such as MACs; 0: unknown
    double known_seconds = 0;  ///< of a pass, as it was timed before; 0: unknown
};

struct MeasureSettings {
    std::int64_t rounds = 15;
    std::uint64_t seed = 1;   ///< of the order inside the rounds
    double max_seconds = 60;  ///< for everything: warm-up, calibration, rounds; see last_moment()
    double confidence = 0.95;
    double block_seconds = 0.02;  ///< a block lasts at least this, and 1000 steps of the clock
    WarmUpLimits warm_up = {};    ///< of each cell
};

enum class Ended {
    all_rounds,
    precise_enough,  ///< there was no cell left to visit
    time_limit,
    interrupted,
};

template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<Ended> = {"all_rounds", "precise_enough",
                                                                      "time_limit", "interrupted"};
[[nodiscard]] constexpr std::string_view ended_name(Ended ended) {
    return enum_name(ended);
}

/// Why a cell has no block, of a measurement that ended like this.
[[nodiscard]] std::string no_round_reason(Ended ended);
[[nodiscard]] BenchStatus status_without_round(Ended ended);

struct Measurement {
    std::vector<CellSamples> cells;               ///< in the order given
    std::vector<std::vector<std::size_t>> order;  ///< the cells of each round, as they were visited
    Ended ended = Ended::all_rounds;
    bool calibrated = false;  ///< every cell's block size is settled
    bool shortened = false;   ///< blocks made shorter so that the time limit leaves enough rounds
    double seconds = 0;       ///< everything
};

struct Progress {
    enum class Stage { warm_up, rounds };
    Stage stage = Stage::warm_up;
    std::int64_t done = 0;  ///< cells that are warm, or rounds
    std::int64_t total = 0;
    std::optional<double> seconds_left;  ///< estimate; unknown during the warm-up
};

/// Who takes part in the loop from outside. Everything is optional.
struct MeasureHooks {
    World* world = &real_world();
    std::function<void(const Progress&)> progress;
    const std::atomic<bool>* stop = nullptr;  ///< true: end after the current round with what there is
    /// Told once the block sizes are settled, and after each round. What it throws ends the measurement.
    std::function<void(const Measurement&)> calibrated;
    std::function<void(const Measurement&)> round_done;
    /// Chooses the cells that the next round visits and their order, with repeats if need be; none: precise
    /// enough. `random` is an order of all cells, another one in each round. Empty: that order.
    std::function<std::vector<std::size_t>(const Measurement&, const std::vector<std::size_t>& random)>
        visits;
};

/// Warm-up and calibration of each cell, then rounds that visit every cell, each round in another order: what
/// disturbs a stretch of time then falls on all cells alike, and ratios of one round cancel it (paired and
/// interleaved measuring; Bulej et al., "Duet Benchmarking", arXiv 2001.05811), those of neighbours best.
/// Stops early at the time limit. There is at least one round unless it is interrupted before, or the warm-up
/// and that round would not end by the last moment of the limit: then nothing more begins as soon as that is
/// known, whether from passes of the cell or from the work of another. Throws Error for settings out of
/// range.
///
/// `earlier` is an interrupted measurement of the same cells with the same settings, or holds only the cells
/// with the failures that are known beforehand; it is continued: its rounds count, its block sizes and the
/// order of its seed go on, the cells are warmed up again.
[[nodiscard]] Measurement measure(std::span<const MeasuredCell> cells, const MeasureSettings& settings,
                                  const MeasureHooks& hooks, Measurement earlier = {});

}  // namespace mobilenet_cost
