#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/engine/world.h"
#include "mobilenet_cost/gate/verdict.h"
#include "mobilenet_cost/gate/worker_link.h"
#include "mobilenet_cost/measure/disturbance.h"

namespace mobilenet_cost {

struct GateSettings {
    GateRule rule = {};
    std::int64_t rounds = 63;        ///< at most
    double max_seconds = 300;        ///< for warm-up, calibration and rounds
    std::uint64_t seed = 1;          ///< of the order of cells and sides
    std::int64_t require_cells = 1;  ///< that must be measured
    std::optional<int> cpu = {};     ///< where passes of one thread run
    bool stop_early = true;          ///< at a look that decides every cell
    bool layers = true;              ///< time the layers, too
    double block_seconds = 0.03;     ///< the shortest block; at most longest_block_seconds()
    double answer_seconds = 60;      ///< time-out of an answer that is expected sooner
    DisturbanceLimits limits = {};   ///< a cell's round beyond them is left out, both sides

    bool operator==(const GateSettings&) const = default;
};

/// Half the limit of one request, because a block may be slower than its calibration predicted.
inline constexpr double kLongestBlockSeconds = kMostRequestSeconds / 2;

/// One build: the program and its own description of itself.
struct GateSide {
    std::string program = {};
    WorkerHello hello = {};
};

/// One cell in one round: two blocks of each side, ABBA or BAAB.
struct GateRound {
    std::int64_t round = 0;
    bool base_first = true;                   ///< base, head, head, base; else the other way round
    std::array<double, 2> base_seconds = {};  ///< of one pass: the median of each block, in the order taken
    std::array<double, 2> head_seconds = {};
    NoiseSnapshot base_noise = {};  ///< sum over its blocks
    NoiseSnapshot head_noise = {};
    bool dropped = false;  ///< disturbed beyond the limits; `dropped_by` had more of it
    bool dropped_by_base = false;
};

/// The layers of one cell, timed one side after the other: medians over the passes of each block.
struct GateLayerPair {
    std::int64_t round = 0;
    std::vector<double> base_seconds = {};
    std::vector<double> head_seconds = {};
};

/// An exact quantity that is not the same on both sides.
struct GateDifference {
    std::string what = {};  ///< "macs", or "layer conv_1: kernel"
    std::string base = {};
    std::string head = {};

    bool operator==(const GateDifference&) const = default;
};

struct GateCellRun {
    GateCell cell = {};
    std::optional<SessionFacts> base = {};
    std::optional<SessionFacts> head = {};
    std::string failure = {};                ///< why it was not measured, or not to the end
    std::vector<GateDifference> exact = {};  ///< of the analytic cost or the layers: it was not measured
    std::vector<GateDifference> explanation = {};  ///< kernels, allocations, memory
    std::int64_t passes = 1;                       ///< in a block, the same on both sides
    std::int64_t layer_passes = 1;
    bool calibrated = false;                        ///< two calibrations in a row agreed
    bool warm = false;                              ///< both sides: two blocks in a row agreed
    std::array<double, 2> first_pass_seconds = {};  ///< base, head
    std::array<double, 2> warm_up_seconds = {};
    std::vector<GateRound> rounds = {};
    std::vector<GateLayerPair> layers = {};
};

enum class GateEnded { all_decided, all_rounds, time_limit, interrupted, worker_lost };

template <>
inline constexpr std::array<std::string_view, 5> kEnumNames<GateEnded> = {
    "all_decided", "all_rounds", "time_limit", "interrupted", "worker_lost"};

struct GateRun {
    std::string started = {};  ///< UTC
    std::int64_t cpus = 0;     ///< that it may run on; 0: not stored
    GateSettings settings = {};
    GateSide base = {};
    GateSide head = {};
    Preflight preflight;
    std::vector<GateCellRun> cells = {};
    std::vector<GateLook> looks = {};      ///< planned
    std::vector<std::int64_t> taken = {};  ///< rounds visited at each look that was taken
    std::vector<GateRow> rows = {};        ///< one for each cell
    std::optional<GateRow> together =
        {};                   ///< the geometric mean over the measured cells; absent: there is one
    std::int64_t rounds = 0;  ///< visited
    GateEnded ended = GateEnded::all_rounds;
    std::string failure = {};  ///< of a worker, which ended the run
    double seconds = 0;        ///< warm-up, calibration and rounds
};

/// Log ratios of the rounds that count.
[[nodiscard]] std::vector<double> log_ratios(const GateCellRun& cell);

/// Log ratio of one round: the mean over its two pairs.
[[nodiscard]] double log_ratio(const GateRound& round);

/// Measured cells: rounds were taken and nothing was wrong with them.
[[nodiscard]] bool is_measured(const GateCellRun& cell);

/// The dropped rounds, by the side that was disturbed more.
struct GateDrops {
    std::int64_t base = 0;
    std::int64_t head = 0;
    bool one_sided = false;  ///< by a sign test at 1 %
};
[[nodiscard]] GateDrops count_drops(const GateRun& run);

/// What is beyond every limit on a hopelessly noisy machine; empty: it is not one.
[[nodiscard]] std::string noise_text(const Preflight& preflight);

struct GateProgress {
    enum class Phase { preflight, prepare, warm_up, rounds };
    Phase phase = Phase::preflight;
    std::int64_t done = 0;
    std::int64_t total = 0;    ///< in the phase `rounds`: those after which they are judged next
    std::int64_t decided = 0;  ///< rows
    std::int64_t rows = 0;
    std::optional<double> seconds_left = {};  ///< at most
};

/// Who takes part in the gate from outside. Everything is optional.
struct GateHooks {
    World* world = &real_world();
    std::function<void(const GateProgress&)> progress;
    const std::atomic<bool>* stop = nullptr;  ///< true: end after the current cell with what there is
};

}  // namespace mobilenet_cost
