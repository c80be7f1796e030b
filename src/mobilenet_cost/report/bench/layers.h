#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/measure/cache_flush.h"
#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// All timed layers of a variant in one table: a row for each layer, columns for each engine and number of
/// threads, sums by class, and the residual. Then the names of the kernels. Empty: no layers were timed.
/// `title` names the variant where there are several.
[[nodiscard]] std::vector<Section> layer_sections(const std::vector<LayerProfile>& all, CacheMode cache,
                                                  const std::string& title);

}  // namespace mobilenet_cost
