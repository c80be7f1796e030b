#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "mobilenet_cost/gate/gate.h"

namespace mobilenet_cost {

/// The two workers of a gate, and how a cell is timed on both. `i` is the cell's number, `cell` receives
/// the results.
class GateTiming {
  public:
    GateTiming(GateWorker& base, GateWorker& head, const GateSettings& settings, Clock& clock,
               std::function<bool()> stopped);

    void begin(std::size_t cells, double clock_resolution_seconds);

    /// Sessions, and the facts of both sides.
    void prepare(std::size_t i, GateCellRun& cell);

    /// New sessions before the old ones go, or they would get the same memory again.
    void renew(std::size_t i, const GateCellRun& cell);

    /// Until the times settle; then the number of passes in a block. False, as soon as that is known: what is
    /// needed beside it for one round does not fit (`fits`, seconds) into the time that is left.
    [[nodiscard]] bool warm_up(std::size_t i, GateCellRun& cell, const std::function<bool(double)>& fits);

    /// ABBA: what changes steadily during the four blocks hits both sides alike.
    void time_round(std::size_t i, GateCellRun& cell, std::int64_t number, bool base_first);

    /// In the order of the cell's blocks: what falls on the first of a pair falls on the other side in the
    /// next.
    void time_layers(std::size_t i, GateCellRun& cell, std::int64_t round, bool base_first);

  private:
    struct Side {
        GateWorker* worker = nullptr;
        std::vector<std::int64_t> sessions = {};  // of each cell
        std::vector<double> pass_seconds = {};    // latest estimate of each cell
    };

    [[nodiscard]] double block_seconds() const;
    [[nodiscard]] std::int64_t block_passes(double faster, double slower) const;
    [[nodiscard]] double expected_seconds(const Side& side, std::size_t i, std::int64_t passes) const;
    double time_block(Side& side, std::size_t i, std::int64_t passes, std::int64_t settle,
                      NoiseSnapshot* noise = nullptr);
    bool warm_up(Side& side, std::size_t i, GateCellRun& cell, std::size_t which);
    [[nodiscard]] double shortest_round() const;
    void calibrate(std::size_t i, GateCellRun& cell);
    void judge_noise(GateRound& round, double seconds) const;
    std::vector<double> layer_block(Side& side, std::size_t i, const GateCellRun& cell);

    GateSettings settings_;
    Clock& clock_;
    std::function<bool()> stopped_;
    Side base_;
    Side head_;
    double clock_resolution_seconds_ = 0;
};

}  // namespace mobilenet_cost
