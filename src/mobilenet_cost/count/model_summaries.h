#pragma once

#include <cstdint>
#include <vector>

#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost {

/// A family with the totals of its base network.
struct ModelSummary {
    ModelConfig config;
    std::int64_t macs = 0;    ///< alpha 1, native resolution, the model's classes, as the papers count
    std::int64_t params = 0;  ///< batch norm not counted
};

/// Every bundled model; with `libraries`, the families of libraries, too.
[[nodiscard]] std::vector<ModelSummary> model_summaries(bool libraries);

}  // namespace mobilenet_cost
