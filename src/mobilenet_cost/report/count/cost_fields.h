#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/report/parts/columns.h"

namespace mobilenet_cost {

// Internal, as json_text.h: rows that the outputs of `cost` share.

[[nodiscard]] const RowFields<SeparableBlock>& block_fields();

/// The layers of one class, and what part of the network they are.
struct CostKind {
    LayerClass layer_class = LayerClass::conv;
    std::int64_t layers = 0;
    std::int64_t macs = 0;
    double mac_share = 0;
    std::int64_t params = 0;
    double param_share = 0;
};

/// As the convention counts, in the order of LayerClass; classes that do not occur are left out.
[[nodiscard]] std::vector<CostKind> cost_kinds(const Analysis& analysis);

/// `unit` heads the MACs.
[[nodiscard]] RowFields<CostKind> cost_kind_fields(const std::string& unit);

}  // namespace mobilenet_cost
