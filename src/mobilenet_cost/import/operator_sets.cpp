#include "mobilenet_cost/import/operator_sets.h"

#include <set>

namespace mobilenet_cost {

bool keeps_sizes(const std::string& op) {
    // clang-format off
    static const std::set<std::string> ops = {
        "Relu", "LeakyRelu", "PRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Elu", "Selu",
        "Celu", "Softplus", "Softsign", "Clip", "Exp", "Log", "Sqrt", "Abs", "Neg", "Floor", "Ceil",
        "Round", "Sign", "Sin", "Cos", "Erf", "Reciprocal", "Gelu", "Mish", "Not", "Cast", "Softmax",
        "LogSoftmax", "Hardmax", "LRN", "BatchNormalization", "Identity", "Dropout", "CumSum",
        "InstanceNormalization", "LayerNormalization", "GroupNormalization", "LpNormalization",
        "QuantizeLinear", "DequantizeLinear", "ThresholdedRelu", "Activation", "Tan", "Atan", "IsNaN",
        "IsInf", "Shrink", "RMSNormalization", "MeanVarianceNormalization", "ScatterElements",
        "ScatterND", "ReverseSequence", "Trilu",
    };
    // clang-format on
    return ops.contains(op);
}

bool broadcasts(const std::string& op) {
    static const std::set<std::string> ops = {
        // clang-format off
        "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Mean", "Sum", "Mod", "And", "Or", "Xor",
        "Equal", "Less", "Greater", "GreaterOrEqual", "LessOrEqual", "Where",
        // clang-format on
    };
    return ops.contains(op);
}

}  // namespace mobilenet_cost
