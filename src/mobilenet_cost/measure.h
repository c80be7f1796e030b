#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mobilenet_cost/machine.h"

namespace mobilenet_cost {

/// Source of time; tests have their own.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual std::int64_t now() = 0;         ///< nanoseconds from any start, never going back
    [[nodiscard]] virtual std::int64_t resolution() = 0;  ///< smallest step, nanoseconds
};

/// std::chrono::steady_clock; its resolution is observed, not what the type promises.
class SteadyClock final : public Clock {
  public:
    [[nodiscard]] std::int64_t now() override;
    [[nodiscard]] std::int64_t resolution() override;
};

/// One thing to time against the others.
struct MeasuredCell {
    std::function<void(std::int64_t passes)> run;  ///< that many passes, back to back
    std::optional<int> pin_cpu;                    ///< CPU of the calling thread meanwhile
    /// Optional: told true before and false after each block of a round, whose passes count. Warm-up,
    /// calibration and the settling pass do not.
    std::function<void(bool counts)> recording;
    /// Optional: called before each pass, outside the timed time. Every pass is then timed by itself, and
    /// blocks are as long as the passes and this together.
    std::function<void()> before_pass = {};
};

struct MeasureSettings {
    std::int64_t rounds = 15;
    std::uint64_t seed = 1;   ///< of the order inside the rounds
    double max_seconds = 60;  ///< for everything: warm-up, calibration, rounds
    double confidence = 0.95;
    double block_seconds = 0.02;     ///< a block lasts at least this, and 1000 steps of the clock
    double warm_tolerance = 0.02;    ///< two consecutive blocks that differ by less: warm
    double warm_up_max_seconds = 1;  ///< per cell
    std::int64_t warm_up_max_blocks = 50;
};

struct WarmUp {
    bool converged = false;  ///< false: stopped by a cap, the first rounds may be too slow
    std::int64_t passes = 0;
    double seconds = 0;
    double first_pass_seconds = 0;

    bool operator==(const WarmUp&) const = default;
};

/// How many passes make a block, and how many of them lie between two clock readings.
struct BlockSize {
    std::int64_t passes = 1;
    std::int64_t group = 1;  ///< 1: every pass is timed by itself; `passes` is a multiple
    bool confirmed = false;  ///< two calibrations in a row agreed

    bool operator==(const BlockSize&) const = default;
};

/// One cell's block in one round.
struct TimedBlock {
    std::int64_t round = 0;            ///< blocks of different cells with the same round are a pair
    double seconds = 0;                ///< of one pass: median over `pass_seconds`
    std::vector<double> pass_seconds;  ///< in the order taken; of a group: divided by its size
    NoiseSnapshot disturbance;         ///< what happened during the block
};

struct CellSamples {
    std::string failure;  ///< not empty: the cell threw this and was left out from then on
    WarmUp warm_up;
    BlockSize size;
    std::vector<TimedBlock> blocks;  ///< one for each round that visited the cell
};

enum class Ended {
    all_rounds,
    precise_enough,  ///< no cell was wanted any more
    time_limit,
    interrupted,
};

struct Measurement {
    std::vector<CellSamples> cells;               ///< in the order given
    std::vector<std::vector<std::size_t>> order;  ///< of the cells, for each round
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

/// The world around the loop. Everything is optional.
struct MeasureHooks {
    Clock* clock = nullptr;                ///< null: SteadyClock
    std::function<NoiseSnapshot()> noise;  ///< empty: read_noise()
    std::function<void(const Progress&)> progress;
    const std::atomic<bool>* stop = nullptr;  ///< true: end after the current round with what there is
    /// Told once the block sizes are settled, and after each round. What it throws ends the measurement.
    std::function<void(const Measurement&)> calibrated;
    std::function<void(const Measurement&)> round_done;
    /// Which cells the next round shall visit, one entry each; none: precise enough. Empty: always all.
    std::function<std::vector<bool>(const Measurement&)> wanted;
};

/// Warm-up and calibration of each cell, then rounds that visit every cell once, each round in another order:
/// what disturbs a stretch of time then falls on all cells alike, and ratios of one round cancel it (paired
/// and interleaved measuring; Bulej et al., "Duet Benchmarking", arXiv 2001.05811). Stops early at the time
/// limit; there is at least one round unless it is interrupted before. Throws Error for settings out of
/// range.
///
/// `earlier` is an interrupted measurement of the same cells with the same settings, or holds only the cells
/// with the failures that are known beforehand; it is continued: its rounds count, its block sizes and the
/// order of its seed go on, the cells are warmed up again.
[[nodiscard]] Measurement measure(std::span<const MeasuredCell> cells, const MeasureSettings& settings,
                                  const MeasureHooks& hooks, Measurement earlier = {});

/// Per-round values in round order.
[[nodiscard]] std::vector<double> round_seconds(const CellSamples& cell);

/// Those of the rounds that both visited, as stats.h pairs them.
struct PairedSeconds {
    std::vector<double> first;
    std::vector<double> second;
};

/// `keep` may leave out a pair, never one side of it; empty: every pair.
[[nodiscard]] PairedSeconds paired_seconds(
    const CellSamples& first, const CellSamples& second,
    const std::function<bool(const TimedBlock& first, const TimedBlock& second)>& keep = {});

/// Sum over the blocks; present where every block knows it.
[[nodiscard]] NoiseSnapshot total_disturbance(const CellSamples& cell);

/// 0 ... count - 1 in random order; `state` moves on. SplitMix64 and Fisher-Yates, written out because the
/// standard library's shuffle differs between implementations and a recorded seed must always give the same
/// order.
[[nodiscard]] std::vector<std::size_t> permutation(std::size_t count, std::uint64_t& state);

}  // namespace mobilenet_cost
