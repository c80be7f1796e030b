#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mobilenet_cost/machine/machine.h"

namespace mobilenet_cost {

struct WarmUp {
    bool converged = false;  ///< false: stopped by a cap, the first rounds may be too slow
    std::int64_t passes = 0;
    double seconds = 0;
    double first_pass_seconds = 0;

    bool operator==(const WarmUp&) const = default;
};

/// Number of passes in a block, and of passes between two clock readings.
struct BlockSize {
    std::int64_t passes = 1;
    std::int64_t group = 1;  ///< 1: every pass is timed by itself; `passes` is a multiple
    bool confirmed = false;  ///< two calibrations in a row agreed

    bool operator==(const BlockSize&) const = default;
};

/// A cell's block in a round.
struct TimedBlock {
    std::int64_t round = 0;
    std::int64_t place = 0;            ///< among the blocks of the round, in the order taken
    double seconds = 0;                ///< of one pass: median over `pass_seconds`
    std::vector<double> pass_seconds;  ///< in the order taken; of a group: divided by its size
    NoiseSnapshot disturbance;         ///< what happened during the block
};

struct CellSamples {
    std::string failure;  ///< not empty: the cell threw this and was left out from then on
    WarmUp warm_up;
    BlockSize size;
    std::vector<TimedBlock> blocks;  ///< in the order taken: one for each visit
};

/// Seconds of a pass in a round: the median over its blocks.
struct RoundSeconds {
    std::int64_t round = 0;
    double seconds = 0;
};

/// One for each round that has a block that counts; `keep`: which do, empty: all.
[[nodiscard]] std::vector<RoundSeconds> seconds_by_round(
    const CellSamples& cell, const std::function<bool(const TimedBlock&)>& keep = {});

/// Their values alone, in round order.
[[nodiscard]] std::vector<double> round_seconds(const CellSamples& cell,
                                                const std::function<bool(const TimedBlock&)>& keep = {});

/// Blocks that stood next to each other, one pair for each round that has one, as stats.h pairs values.
struct PairedSeconds {
    std::vector<double> first;
    std::vector<double> second;
};

/// `keep` may leave out a pair, never one side of it; empty: every pair.
[[nodiscard]] PairedSeconds paired_seconds(
    const CellSamples& first, const CellSamples& second,
    const std::function<bool(const TimedBlock& first, const TimedBlock& second)>& keep = {});

/// How long a block lasted. `group`: passes behind each of its `pass_seconds`, which are times of one pass.
[[nodiscard]] double timed_seconds(const TimedBlock& block, std::int64_t group);

/// Sum over the blocks; present where every block knows it.
[[nodiscard]] NoiseSnapshot total_disturbance(const CellSamples& cell);

}  // namespace mobilenet_cost
