#include "mobilenet_cost/count/unknown_operators.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

/// "LSTM (rnn)", "TopK (a, b and 7 more)"
std::string text_of(const UnknownOperators& operators) {
    constexpr std::size_t kMostNames = 3;
    return fmt::format("{} ({})", operators.op, few_of(operators.blocks, kMostNames));
}

}  // namespace

std::vector<UnknownOperators> unknown_operators(const ModelConfig& config) {
    std::vector<UnknownOperators> found;
    for (const Block& block : config.blocks) {
        const auto* const unknown = std::get_if<UnknownBlock>(&block.kind);
        if (unknown == nullptr) continue;
        auto known = std::find_if(found.begin(), found.end(),
                                  [&](const UnknownOperators& other) { return other.op == unknown->op; });
        if (known == found.end()) known = found.insert(found.end(), {unknown->op, {}});
        known->blocks.push_back(block.name);
    }
    return found;
}

std::string bounded_name(const std::string& model, bool lower_bound) {
    return lower_bound ? model + ", at least" : model;
}

std::string unknown_note(const ModelConfig& config) {
    std::size_t count = 0;
    std::vector<std::string> texts;
    for (const UnknownOperators& operators : unknown_operators(config)) {
        count += operators.blocks.size();
        texts.push_back(text_of(operators));
    }
    if (count == 0) return "";
    return fmt::format("{}: {} operator{} not known and not counted, totals are lower bounds: {}",
                       config.name, count, count == 1 ? " is" : "s are", fmt::join(texts, ", "));
}

}  // namespace mobilenet_cost
