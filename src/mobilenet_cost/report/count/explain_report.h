#pragma once

#include <vector>

#include "mobilenet_cost/count/explain.h"
#include "mobilenet_cost/report/parts/report.h"

namespace mobilenet_cost {

/// What `cost --explain` shows of one variant.
struct ExplainedVariant {
    std::string model;
    Variant variant;  ///< with the resolution filled in
    std::vector<Explanation> explanations;
};

inline const ExtraFormat kLatex = {.name = "latex", .suffix = ".tex"};

/// Schema mobilenet-cost.explain.v1 (docs/schemas/explain.schema.json); as LaTeX an align* environment each.
[[nodiscard]] Report explain_report(const std::vector<ExplainedVariant>& variants);

}  // namespace mobilenet_cost
