#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost {

/// Operators of one name that are not known here. What they cost is not counted, so that every total of their
/// network is a lower bound.
struct UnknownOperators {
    std::string op;
    std::vector<std::string> blocks;  ///< by their names, in the order in which they run
};

/// By their names' first occurrence.
[[nodiscard]] std::vector<UnknownOperators> unknown_operators(const ModelConfig& config);

/// Of a network with such operators "x.onnx, at least"; otherwise its name.
[[nodiscard]] std::string bounded_name(const std::string& model, bool lower_bound);

/// "x.onnx: 3 operators are not known and not counted, totals are lower bounds: LSTM (rnn), TopK (a, b)";
/// empty: all are known.
[[nodiscard]] std::string unknown_note(const ModelConfig& config);

}  // namespace mobilenet_cost
