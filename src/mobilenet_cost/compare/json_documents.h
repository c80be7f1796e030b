#pragma once

#include <string>

#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/compare/stored_document.h"

namespace mobilenet_cost {

// Internal: the documents of `cost`, `sweep` and `bench` (docs/schemas) read back. Each throws Error, naming
// the place. Unknown keys are left alone: a later writer of the same schema may say more.

[[nodiscard]] StoredDocument read_cost_document(const nlohmann::json& json, const std::string& file);
[[nodiscard]] StoredDocument read_sweep_document(const nlohmann::json& json, const std::string& file);
[[nodiscard]] StoredDocument read_bench_document(const nlohmann::json& json, const std::string& file);

}  // namespace mobilenet_cost
