#include "mobilenet_cost/model/operators.h"

#include <algorithm>
#include <cmath>

namespace mobilenet_cost {
namespace {

using Numbers = OperatorNumbers;
using enum OperatorClass;

double softplus(double x) {
    return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0);
}

// SELU's constants: arXiv 1706.02515.
constexpr double kSeluAlpha = 1.6732632423543772;
constexpr double kSeluScale = 1.0507009873554805;

double gelu_by_tanh(double x) {
    constexpr double kRoot = 0.7978845608028654;  // of 2 / pi
    return x / 2 * (1 + std::tanh(kRoot * (x + 0.044715 * x * x * x)));
}

constexpr auto kRows = std::to_array<OperatorRow>({
    // y = a x + b, clipped to a and b, and x by a slope of its own below 0
    {"linear", "", by_value, [](double x, const Numbers& of) { return of[0] * x + of[1]; }},
    {"clip", "Clip", by_value,
     [](double x, const Numbers& of) { return std::min<double>(std::max<double>(x, of[0]), of[1]); }},
    {"elu", "Elu", by_value, [](double x, const Numbers& of) { return x < 0 ? of[0] * std::expm1(x) : x; }},
    {"celu", "Celu", by_value,
     [](double x, const Numbers& of) {
         return std::max(0.0, x) + std::min(0.0, of[0] * std::expm1(x / of[0]));
     }},
    {"thresholded_relu", "ThresholdedRelu", by_value,
     [](double x, const Numbers& of) { return x > of[0] ? x : 0; }},
    {"selu", "Selu", by_value,
     [](double x, const Numbers&) { return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x)); }},
    {"gelu_tanh", "", by_value, [](double x, const Numbers&) { return gelu_by_tanh(x); }},
    {"softplus", "Softplus", by_value, [](double x, const Numbers&) { return softplus(x); }},
    {"softsign", "Softsign", by_value, [](double x, const Numbers&) { return x / (1 + std::abs(x)); }},
    {"mish", "Mish", by_value, [](double x, const Numbers&) { return x * std::tanh(softplus(x)); }},
    {"tanh", "Tanh", by_value, [](double x, const Numbers&) { return std::tanh(x); }},
    {"exp", "Exp", by_value, [](double x, const Numbers&) { return std::exp(x); }},
    {"log", "Log", by_value, [](double x, const Numbers&) { return std::log(x); }},
    {"sqrt", "Sqrt", by_value, [](double x, const Numbers&) { return std::sqrt(x); }},
    {"erf", "Erf", by_value, [](double x, const Numbers&) { return std::erf(x); }},
    {"sin", "Sin", by_value, [](double x, const Numbers&) { return std::sin(x); }},
    {"cos", "Cos", by_value, [](double x, const Numbers&) { return std::cos(x); }},
    {"reciprocal", "Reciprocal", by_value, [](double x, const Numbers&) { return 1 / x; }},
    {"absolute", "Abs", by_value, [](double x, const Numbers&) { return std::abs(x); }},
    {"sign", "Sign", by_value, [](double x, const Numbers&) { return x > 0   ? 1.0
                                                                     : x < 0 ? -1.0
                                                                             : 0.0; }},
    {"floor", "Floor", by_value, [](double x, const Numbers&) { return std::floor(x); }},
    {"ceil", "Ceil", by_value, [](double x, const Numbers&) { return std::ceil(x); }},
    {"round", "Round", by_value, [](double x, const Numbers&) { return std::nearbyint(x); }},
    {"square", "", by_value, [](double x, const Numbers&) { return x * x; }},
    {"negative", "Neg", by_value, [](double x, const Numbers&) { return -x; }},
    {"cast", "Cast", by_value},
    {"tan", "Tan", by_value},
    {"arctan", "Atan", by_value},
    {"not", "Not", by_value},
    {"is_nan", "IsNaN", by_value},
    {"is_infinite", "IsInf", by_value},
    {"shrink", "Shrink", by_value},
    {"add", "Add", by_value},
    {"subtract", "Sub", by_value},
    {"multiply", "Mul", by_value},
    {"divide", "Div", by_value},
    {"power", "Pow", by_value},
    {"modulo", "Mod", by_value},
    {"minimum", "Min", by_value},
    {"maximum", "Max", by_value},
    {"sum", "Sum", by_value},
    {"mean", "Mean", by_value},
    {"prelu", "PRelu", by_value},
    {"where", "Where", by_value},
    {"and", "And", by_value},
    {"or", "Or", by_value},
    {"xor", "Xor", by_value},
    {"equal", "Equal", by_value},
    {"less", "Less", by_value},
    {"less_or_equal", "LessOrEqual", by_value},
    {"greater", "Greater", by_value},
    {"greater_or_equal", "GreaterOrEqual", by_value},
    {"quantize", "QuantizeLinear", by_value},
    {"dequantize", "DequantizeLinear", by_value},
    {"dynamic_quantize", "DynamicQuantizeLinear", by_value},
    {"batch_norm", "BatchNormalization", normalises},
    {"layer_norm", "LayerNormalization", normalises},
    {"group_norm", "GroupNormalization", normalises},
    {"instance_norm", "InstanceNormalization", normalises},
    {"rms_norm", "RMSNormalization", normalises},
    {"lp_norm", "LpNormalization", normalises},
    {"mean_variance_norm", "MeanVarianceNormalization", normalises},
    {"local_response_norm", "LRN", normalises},
    {"softmax", "Softmax", normalises},
    {"log_softmax", "LogSoftmax", normalises},
    {"hardmax", "Hardmax", normalises},
    {"cumulative_sum", "CumSum", normalises},
    {"join", "", joins},
    {"transpose", "Transpose", moves},
    {"reshape", "Reshape", moves},
    {"flatten", "Flatten", moves},
    {"squeeze", "Squeeze", moves},
    {"unsqueeze", "Unsqueeze", moves},
    {"identity", "Identity", moves},
    {"concat", "Concat", moves},
    {"split", "Split", moves},
    {"slice", "Slice", moves},
    {"gather", "Gather", moves},
    {"gather_elements", "GatherElements", moves},
    {"gather_nd", "GatherND", moves},
    {"scatter_elements", "ScatterElements", moves},
    {"scatter_nd", "ScatterND", moves},
    {"expand", "Expand", moves},
    {"tile", "Tile", moves},
    {"pad", "Pad", moves},
    {"depth_to_space", "DepthToSpace", moves},
    {"space_to_depth", "SpaceToDepth", moves},
    {"reverse_sequence", "ReverseSequence", moves},
    {"triangle", "Trilu", moves},
    {"one_hot", "OneHot", moves},
    {"compress", "Compress", moves},
    {"resize", "Resize", reduces},
    {"upsample", "Upsample", reduces},
    {"grid_sample", "GridSample", reduces},
    {"roi_align", "RoiAlign", reduces},
    {"max_roi_pool", "MaxRoiPool", reduces},
    {"max_pool", "MaxPool", reduces},
    {"max_unpool", "MaxUnpool", reduces},
    {"average_pool", "AveragePool", reduces},
    {"lp_pool", "LpPool", reduces},
    {"global_average_pool", "GlobalAveragePool", reduces},
    {"global_max_pool", "GlobalMaxPool", reduces},
    {"global_lp_pool", "GlobalLpPool", reduces},
    {"reduce_mean", "ReduceMean", reduces},
    {"reduce_sum", "ReduceSum", reduces},
    {"reduce_max", "ReduceMax", reduces},
    {"reduce_min", "ReduceMin", reduces},
    {"reduce_product", "ReduceProd", reduces},
    {"reduce_l1", "ReduceL1", reduces},
    {"reduce_l2", "ReduceL2", reduces},
    {"reduce_log_sum", "ReduceLogSum", reduces},
    {"reduce_log_sum_exp", "ReduceLogSumExp", reduces},
    {"reduce_sum_square", "ReduceSumSquare", reduces},
    {"arg_max", "ArgMax", reduces},
    {"arg_min", "ArgMin", reduces},
    {"top_k", "TopK", reduces},
    {"non_max_suppression", "NonMaxSuppression", reduces},
    {"non_zero", "NonZero", reduces},
    {"matmul", "MatMul", multiplies},
    {"gemm", "Gemm", multiplies},
    {"einsum", "Einsum", multiplies},
    {"conv", "Conv", multiplies},
    {"transposed_conv", "ConvTranspose", multiplies},
    {"lstm", "LSTM", multiplies},
    {"gru", "GRU", multiplies},
    {"rnn", "RNN", multiplies},
    {"further_input", "", enters},
});

}  // namespace

std::span<const OperatorRow> operator_table() {
    return kRows;
}

std::vector<std::string> operator_names() {
    std::vector<std::string> names;
    for (const OperatorRow& row : kRows)
        names.emplace_back(row.name);
    return names;
}

std::optional<std::size_t> operator_of_onnx(std::string_view name) {
    const auto* const found = std::find_if(kRows.begin(), kRows.end(), [&](const OperatorRow& row) {
        return !row.onnx.empty() && row.onnx == name;
    });
    if (found == kRows.end()) return std::nullopt;
    return static_cast<std::size_t>(found - kRows.begin());
}

}  // namespace mobilenet_cost
