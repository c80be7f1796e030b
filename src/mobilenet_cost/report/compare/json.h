#pragma once

#include "mobilenet_cost/report/compare/report.h"

namespace mobilenet_cost {

[[nodiscard]] std::string compare_json(const CompareResult& result);

[[nodiscard]] std::string compare_jsonl(const CompareResult& result);

}  // namespace mobilenet_cost
