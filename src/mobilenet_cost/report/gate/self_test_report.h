#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/gate/self_test.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

[[nodiscard]] std::vector<Section> self_test_sections(const GateRun& run, const SelfTest& test);
[[nodiscard]] Table self_test_table(const SelfTest& test);

/// docs/schemas/self_test.schema.json
[[nodiscard]] std::string self_test_json(const GateRun& run, const SelfTest& test);

/// One line for each cell.
[[nodiscard]] std::string self_test_jsonl(const GateRun& run, const SelfTest& test);

}  // namespace mobilenet_cost
