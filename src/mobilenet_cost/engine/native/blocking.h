#pragma once

#include <array>
#include <cstdint>

#include "mobilenet_cost/engine/native/compute.h"

namespace mobilenet_cost {

/// A core as the cost model sees it. Pipes, latency and loads hold for every x86-64 core since
/// Haswell and Zen 2 and for the large AArch64 cores since Cortex-A76, within one cycle of latency (Fog,
/// "Instruction tables"; Arm's software optimisation guides).
struct CoreModel {
    double multiply_adds = 2;  ///< vectors per cycle
    double latency = 4;        ///< cycles from one multiply-add of a chain to the next
    double loads = 2;          ///< vectors, or broadcast values, per cycle
    double overhead = 20;      ///< cycles of a tile's call, its pointers and the end of its loop
    double l2_rate = 18;       ///< bytes per cycle from the L2 to the L1 cache, as measured on Zen 3
    std::int64_t l1_bytes = std::int64_t{32} << 10;
    std::int64_t l2_bytes = std::int64_t{256} << 10;
};

/// Panels of one width: `vectors` vectors of output channels each, multiplied with tiles of at most `rows`
/// rows.
struct PanelGroup {
    std::int64_t count = 0;
    int vectors = 0;
    int rows = 0;

    bool operator==(const PanelGroup&) const = default;
};

/// Output channels cut into panels: those of the first group, then those of the second.
using PanelGroups = std::array<PanelGroup, 2>;

/// A panel of a filter: `depth` steps of `vectors` vectors.
struct PanelShape {
    std::int64_t lanes = 0;
    int vectors = 0;
    std::int64_t depth = 0;
};

/// Cycles of one tile: each step takes as long as its multiply-adds, as its loads, as the latency of one
/// chain, or as the panel takes from the L2 cache where it is too long for the L1, whichever is longest; in
/// the end every sum is loaded, finished and stored once.
[[nodiscard]] double tile_cycles(const CoreModel& core, int rows, const PanelShape& panel);

/// The cut that takes the fewest cycles for `rows` rows, `vectors` vectors of output channels, and sums of
/// `depth` products.
[[nodiscard]] PanelGroups choose_panels(const ComputeKernels& kernels, const CoreModel& core,
                                        std::int64_t rows, std::int64_t vectors, std::int64_t depth);

/// Part i of [0, total) cut into `parts` parts that differ by at most one.
struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};
[[nodiscard]] inline Range part_of(std::int64_t total, std::int64_t parts, std::int64_t i) {
    return {total * i / parts, total * (i + 1) / parts};
}

[[nodiscard]] inline std::int64_t divide_up(std::int64_t count, std::int64_t by) {
    return (count + by - 1) / by;
}

/// Part i of a row of channels, in whole vectors (pairs of them where a kernel takes two at a time).
[[nodiscard]] inline Range channel_range(std::int64_t pixel, std::int64_t grain, std::int64_t parts,
                                         std::int64_t i) {
    const Range grains = part_of(divide_up(pixel, grain), parts, i);
    const std::int64_t end = grains.end * grain;
    return {grains.begin * grain, end < pixel ? end : pixel};
}

}  // namespace mobilenet_cost
