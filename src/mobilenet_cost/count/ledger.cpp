#include "mobilenet_cost/count/ledger.h"

#include "mobilenet_cost/count/convention_table.h"
#include "mobilenet_cost/count/unknown_operators.h"

namespace mobilenet_cost {
namespace {

std::int64_t factor_of(const Convention& convention, std::int64_t Terms::*member) {
    for (const CountedTerm& counted : convention.counted) {
        if (counted.member == member) return counted.factor;
    }
    return 0;
}

}  // namespace

Ledger make_ledger(const ModelConfig& config, const Variant& variant) {
    const Network network = expand(config, variant);
    Ledger ledger;
    ledger.model = config.name;
    ledger.variant = variant;
    ledger.variant.resolution = {network.input.h, network.input.w};
    ledger.beta = resolution_multiplier(ledger.variant.resolution, config.resolution);
    ledger.terms = total_terms(network);
    ledger.cost = total_cost(network);
    ledger.lower_bound = !unknown_operators(config).empty();
    return ledger;
}

std::vector<TermDifference> term_differences(const Convention& convention, const Terms& terms) {
    const Convention& paper = convention_table().front();
    std::vector<TermDifference> found;
    for (const TermRow& row : term_table()) {
        const std::int64_t factor = factor_of(convention, row.member) - factor_of(paper, row.member);
        const std::int64_t count = checked_multiply(factor, terms.*row.member);
        if (count != 0) found.push_back({&row, factor, count});
    }
    return found;
}

double excess_over_paper(const Convention& convention, const Terms& terms) {
    const std::int64_t paper = count_macs(terms, convention_table().front());
    return static_cast<double>(count_macs(terms, convention)) / static_cast<double>(paper) - 1;
}

}  // namespace mobilenet_cost
