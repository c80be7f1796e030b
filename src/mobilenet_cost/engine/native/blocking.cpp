#include "mobilenet_cost/engine/native/blocking.h"

#include <algorithm>
#include <limits>

namespace mobilenet_cost {

namespace {

struct Column {
    double cycles = std::numeric_limits<double>::infinity();
    int rows = 0;
};

/// All tiles of one panel; their heights differ by at most one.
double column_cycles(const CoreModel& core, std::int64_t rows, int most, const PanelShape& panel) {
    const std::int64_t tiles = divide_up(rows, most);
    const std::int64_t high = rows % tiles;
    const int low_rows = static_cast<int>(rows / tiles);
    return static_cast<double>(tiles - high) * tile_cycles(core, low_rows, panel) +
           static_cast<double>(high) * tile_cycles(core, low_rows + 1, panel);
}

/// The best height of tiles for one panel of `vectors` vectors.
Column best_column(const ComputeKernels& kernels, const CoreModel& core, std::int64_t rows, int vectors,
                   std::int64_t depth) {
    Column best;
    const auto& of_height = kernels.gemm[static_cast<std::size_t>(vectors)];
    for (int most = 1; most <= kMaxTileRows; ++most) {
        if (of_height[static_cast<std::size_t>(most)] == nullptr) continue;
        const double cycles = column_cycles(core, rows, most, {kernels.lanes, vectors, depth});
        if (cycles < best.cycles) best = {cycles, most};
    }
    return best;
}

}  // namespace

double tile_cycles(const CoreModel& core, int rows, const PanelShape& panel) {
    const double sums = rows * panel.vectors;
    const double step_bytes = static_cast<double>(panel.vectors * panel.lanes) * sizeof(float);
    const bool fits = step_bytes * static_cast<double>(panel.depth) <= static_cast<double>(core.l1_bytes) / 2;
    const double step = std::max({sums / core.multiply_adds, (rows + panel.vectors) / core.loads,
                                  core.latency, fits ? 0 : step_bytes / core.l2_rate});
    // A load is not always on time: the more of them, the more often a multiply-add waits for one.
    const double waits = 0.02 * (rows + panel.vectors);
    return static_cast<double>(panel.depth) * (step + waits) + 2 * sums + core.overhead;
}

PanelGroups choose_panels(const ComputeKernels& kernels, const CoreModel& core, std::int64_t rows,
                          std::int64_t vectors, std::int64_t depth) {
    std::array<Column, kMaxTileVectors + 1> columns;
    for (int width = 1; width <= kMaxTileVectors; ++width)
        columns[static_cast<std::size_t>(width)] = best_column(kernels, core, rows, width, depth);
    PanelGroups best = {};
    double least = std::numeric_limits<double>::infinity();
    for (int wide = 1; wide <= kMaxTileVectors; ++wide) {
        for (int narrow = 1; narrow <= wide; ++narrow) {
            for (std::int64_t count = vectors / wide; count >= 0; --count) {
                const std::int64_t rest = vectors - count * wide;
                if (rest % narrow != 0) continue;
                const Column& a = columns[static_cast<std::size_t>(wide)];
                const Column& b = columns[static_cast<std::size_t>(narrow)];
                const double cycles =
                    static_cast<double>(count) * a.cycles + static_cast<double>(rest / narrow) * b.cycles;
                if (cycles < least) {
                    least = cycles;
                    best = {PanelGroup{count, wide, a.rows}, PanelGroup{rest / narrow, narrow, b.rows}};
                }
                break;  // more of the narrow ones are never better
            }
        }
    }
    return best;
}

}  // namespace mobilenet_cost
