#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "mobilenet_cost/count/analysis.h"

namespace mobilenet_cost {

/// The letters of the formulas.
inline constexpr std::array<std::pair<const char*, const char*>, 10> kSymbols = {
    {{"N", "images in a batch"},
     {"H", "height of the output"},
     {"W", "width of the output"},
     {"K", "kernel size"},
     {"Ci", "input channels"},
     {"Co", "output channels"},
     {"groups", "channel groups, each convolved by itself"},
     {"bytes", "bytes of one value"},
     {"read", "values that it reads"},
     {"written", "values that it writes"}}};

/// One line of a derivation.
struct ExplainStep {
    std::string quantity;
    std::string formula;  ///< in the letters above; may be empty
    std::string numbers;  ///< the formula with numbers filled in
    std::string result;   ///< for people
    std::variant<std::monostate, std::int64_t, double> value = {};
    std::string note = {};
};

struct Explanation {
    std::string name;
    std::string kind;   ///< "depthwise", "separable block"
    std::string sizes;  ///< "1x80x80x16 -> 1x80x80x32"
    std::vector<ExplainStep> steps;
};

[[nodiscard]] Explanation explain_layer(const Network& network, std::size_t layer, DataType data_type);

/// The formulas of a layer or of a block of the blocks' table with numbers substituted; both where they share
/// the name. Throws Error with the nearest names.
[[nodiscard]] std::vector<Explanation> explain(const Network& network, const std::string& name,
                                               DataType data_type);

}  // namespace mobilenet_cost
