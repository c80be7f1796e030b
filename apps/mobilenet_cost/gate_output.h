#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/report/gate/json.h"

#include "output.h"

namespace mobilenet_cost::app {

/// The forms that only a gate's result has.
[[nodiscard]] const std::vector<ExtraFormat>& gate_formats();

void write_gate(Output& output, const GateReport& report, const GateResult& result);

/// The document of a gate; absent: the file is something else, which is another reader's to judge.
[[nodiscard]] std::optional<GateDocument> stored_gate(const std::string& path);

}  // namespace mobilenet_cost::app
