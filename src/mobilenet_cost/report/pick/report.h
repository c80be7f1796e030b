#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/pick/pick.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// What bisection found in one model at one resolution.
struct WidestAnswer {
    std::string model;
    std::int64_t resolution = 0;
    std::optional<std::size_t> candidate;  ///< the widest that is fast enough; absent: none is
    std::optional<std::size_t> beyond;     ///< the next wider one, which is not; absent: there is none
    bool monotone = true;                  ///< no narrower one was seen to be too slow
    std::size_t tried = 0;
    std::size_t widths = 0;
};

/// Everything that `pick` shows.
struct PickReport {
    SweepSettings settings;
    std::vector<PickLimit> limits;
    std::vector<PickCandidate> candidates;
    PickResult result;
    std::vector<WidestAnswer> widest;
    std::vector<std::string> notes;  ///< how the times came about
    bool all = false;                ///< people see all, not a screen
};

/// The candidates that fit, best first, then the others in the same order.
[[nodiscard]] std::vector<std::size_t> pick_order(const PickReport& report);

/// The place of each candidate in the ranking, counted from 1; 0: it does not fit.
[[nodiscard]] std::vector<std::size_t> pick_places(const PickReport& report);

/// "mobilenet_v1 alpha 0.5 at 160 px"
[[nodiscard]] std::string pick_name(const PickCandidate& candidate);

/// A miss for stderr: "--max-ms 3: nearest is ... with 3.2 ms (measured), 6.7 % over"
[[nodiscard]] std::string miss_text(const PickReport& report, const PickMiss& miss);

[[nodiscard]] std::vector<Section> pick_sections(const PickReport& report);

}  // namespace mobilenet_cost
