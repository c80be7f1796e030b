#pragma once

#include <string>
#include <string_view>

#include "mobilenet_cost/report/gate/report.h"

namespace mobilenet_cost {

/// Everything: docs/schemas/gate.schema.json.
[[nodiscard]] std::string gate_json(const GateReport& report, const GateResult& result);

/// A document that was read back: everything that reports show, but not the times of layers of each round.
struct GateDocument {
    GateReport report = {};
    GateResult result = {};
};
inline constexpr const char* kGateSchema = "mobilenet-cost.gate.v1";
[[nodiscard]] bool is_gate_document(std::string_view text);
/// Throws Error with the place.
[[nodiscard]] GateDocument read_gate(std::string_view text, std::string_view place);

/// One line for each cell.
[[nodiscard]] std::string gate_jsonl(const GateReport& report, const GateResult& result);

}  // namespace mobilenet_cost
