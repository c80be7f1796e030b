#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

/// One network as every convention counts it.
struct Ledger {
    std::string model;
    Variant variant;  ///< with the resolution filled in
    double beta = 1;
    Terms terms;
    Cost cost;
};

[[nodiscard]] Ledger make_ledger(const ModelConfig& config, const Variant& variant);

[[nodiscard]] std::vector<Section> ledger_sections(const std::vector<Ledger>& ledgers);
[[nodiscard]] Table ledger_csv_table(const std::vector<Ledger>& ledgers);

/// Schema mobilenet-cost.conventions.v1 (docs/schemas/conventions.schema.json).
[[nodiscard]] std::string ledger_json(const std::vector<Ledger>& ledgers);
[[nodiscard]] std::string ledger_jsonl(const std::vector<Ledger>& ledgers);

}  // namespace mobilenet_cost
