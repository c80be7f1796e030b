#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// One network as every convention counts it.
struct Ledger {
    std::string model;
    Variant variant;  ///< with the resolution filled in
    double beta = 1;
    Terms terms;
    Cost cost;
    bool lower_bound = false;  ///< some operators are not known, and no count has them
};

[[nodiscard]] Ledger make_ledger(const ModelConfig& config, const Variant& variant);

/// A term that a convention counts differently from "paper", the first of the table.
struct TermDifference {
    const TermRow* term;
    std::int64_t factor;  ///< this convention's factor less the paper's
    std::int64_t count;   ///< factor times the term
};

[[nodiscard]] std::vector<TermDifference> term_differences(const Convention& convention, const Terms& terms);

/// How far a convention's count lies above the paper's: 0.01 is 1 % more.
[[nodiscard]] double excess_over_paper(const Convention& convention, const Terms& terms);

}  // namespace mobilenet_cost
