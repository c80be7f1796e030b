// Convolutions, pooling, dense layers, what is computed value by value, sizes of maps.

#include "mobilenet_cost/import/tflite/operator_reader.h"

namespace mobilenet_cost {

namespace {

using Activation = tflite::ActivationFunctionType;
using Code = tflite::BuiltinOperator;

}  // namespace

template <typename Options>
OperatorReader::Attributes OperatorReader::window(const Options& from) {
    Attributes result = {{"strides", Dims{from.stride_h(), from.stride_w()}}};
    if (from.padding() == tflite::Padding::SAME) result["auto_pad"] = std::string("SAME_UPPER");
    return result;
}

template <typename Options>
bool OperatorReader::convolution(std::int64_t groups, const char* order) {
    const Options& from = settings<Options>();
    auto attributes = window(from);
    attributes["dilations"] = Dims{from.dilation_h_factor(), from.dilation_w_factor()};
    attributes["group"] = groups;
    attributes["filter_order"] = std::string(order);
    return become_activated(from.fused_activation_function(), "Conv", std::move(attributes));
}

bool OperatorReader::conv() {
    const std::int64_t in = channels(0);
    const std::int64_t of_group = channels(1);
    return convolution<tflite::Conv2DOptions>(of_group > 0 ? in / of_group : 0, "OSI");
}

bool OperatorReader::depthwise() {
    return convolution<tflite::DepthwiseConv2DOptions>(channels(0), "ISO");
}

bool OperatorReader::transposed_conv() {
    const auto& from = settings<tflite::TransposeConvOptions>();
    const auto sizes = integers(0);
    if (!sizes || sizes->size() != 4) return false;
    auto attributes = window(from);
    attributes["output_shape"] = Dims{(*sizes)[1], (*sizes)[2]};
    attributes["filter_order"] = std::string("OSI");
    std::vector<PlainTensorId> inputs = {node_.input(2), node_.input(1)};
    if (node_.input(3) != kNoPlainTensor) inputs.push_back(node_.input(3));
    node_.inputs = std::move(inputs);
    return become_activated(from.fused_activation_function(), "ConvTranspose", std::move(attributes));
}

bool OperatorReader::pool() {
    const auto& from = settings<tflite::Pool2DOptions>();
    auto attributes = window(from);
    attributes["kernel_shape"] = Dims{from.filter_height(), from.filter_width()};
    const bool largest = node_.op == tflite::EnumNameBuiltinOperator(Code::MAX_POOL_2D);
    return become_activated(from.fused_activation_function(), largest ? "MaxPool" : "AveragePool",
                            std::move(attributes));
}

bool OperatorReader::fully_connected() {
    const auto* from = options<tflite::FullyConnectedOptions>();
    const bool keeps = from != nullptr && from->keep_num_dims() && dims(0).size() > 2;
    if (dims(1).size() != 2 || (from != nullptr && from->weights_format() != 0)) return false;
    if (!keeps && dims(0).size() != 2)
        node_.inputs[0] = push_node("Reshape", {node_.inputs[0]}, {{"shape", Dims{-1, dims(1)[1]}}});
    return become_activated(from == nullptr ? Activation::NONE : from->fused_activation_function(),
                            keeps ? "MatMul" : "Gemm", {{"transB", std::int64_t{1}}});
}

bool OperatorReader::batch_matmul() {
    const auto* from = options<tflite::BatchMatMulOptions>();
    if (from != nullptr && from->adj_x()) node_.inputs[0] = turned(0);
    if (from != nullptr && from->adj_y()) node_.inputs[1] = turned(1);
    return become("MatMul");
}

PlainTensorId OperatorReader::turned(std::size_t input) {
    Dims order(dims(input).size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<std::int64_t>(i);
    if (order.size() >= 2) std::swap(order.back(), order[order.size() - 2]);
    return push_node("Transpose", {node_.inputs[input]}, {{"perm", order}});
}

bool OperatorReader::square() {
    node_.inputs = {node_.input(0), node_.input(0)};
    return become("Mul");
}

bool OperatorReader::squared_difference() {
    const PlainTensorId difference = push_node("Sub", node_.inputs);
    node_.inputs = {difference, difference};
    return become("Mul");
}

bool OperatorReader::inverse_root() {
    node_.inputs = {push_node("Sqrt", node_.inputs)};
    return become("Reciprocal");
}

bool OperatorReader::clip() {
    if (node_.op == tflite::EnumNameBuiltinOperator(Code::RELU6)) return become("Clip", limits(0, 6));
    const bool positive = node_.op == tflite::EnumNameBuiltinOperator(Code::RELU_0_TO_1);
    return become("Clip", limits(positive ? 0 : -1, 1));
}

bool OperatorReader::leaky_relu() {
    return become("LeakyRelu",
                  {{"alpha", static_cast<double>(settings<tflite::LeakyReluOptions>().alpha())}});
}

bool OperatorReader::gelu() {
    const auto* from = options<tflite::GeluOptions>();
    const bool approximate = from != nullptr && from->approximate();
    return become("Gelu", {{"approximate", std::string(approximate ? "tanh" : "none")}});
}

bool OperatorReader::softmax() {
    const auto* from = options<tflite::SoftmaxOptions>();
    return (from == nullptr || from->beta() == 1) && become("Softmax", {{"axis", std::int64_t{-1}}});
}

bool OperatorReader::reduce() {
    static const std::map<std::string, std::string> names = {{"MEAN", "ReduceMean"},
                                                             {"SUM", "ReduceSum"},
                                                             {"REDUCE_MAX", "ReduceMax"},
                                                             {"REDUCE_MIN", "ReduceMin"},
                                                             {"REDUCE_PROD", "ReduceProd"}};
    const auto* from = options<tflite::ReducerOptions>();
    const std::int64_t keeps = from != nullptr && from->keep_dims() ? 1 : 0;
    return become(names.at(node_.op), {{"keepdims", keeps}});
}

bool OperatorReader::cast() {
    const auto* from = options<tflite::CastOptions>();
    const bool fraction = from != nullptr ? from->out_data_type() == tflite::TensorType::FLOAT32 ||
                                                from->out_data_type() == tflite::TensorType::FLOAT16
                                          : graph_.tensor(node_.outputs.front()).stored <= ElementType::f64;
    return become("Cast", {{"to", std::int64_t{fraction ? 1 : 7}}});  // types of ONNX' TensorProto
}

bool OperatorReader::resize(const std::string& mode, const std::string& pixels, const std::string& rounding) {
    const PlainTensorId sizes = node_.input(1);
    node_.inputs = {node_.input(0), kNoPlainTensor, kNoPlainTensor, sizes};
    return become("Resize", {{"mode", mode},
                             {"axes", Dims{1, 2}},
                             {"coordinate_transformation_mode", pixels},
                             {"nearest_mode", rounding}});
}

template <typename Options>
std::string OperatorReader::pixels_of(const Options& from) {
    if (from.align_corners()) return "align_corners";
    return from.half_pixel_centers() ? "half_pixel" : "asymmetric";
}

bool OperatorReader::resize_bilinear() {
    return resize("linear", pixels_of(settings<tflite::ResizeBilinearOptions>()), "floor");
}

bool OperatorReader::resize_nearest() {
    const std::string pixels = pixels_of(settings<tflite::ResizeNearestNeighborOptions>());
    return resize("nearest", pixels, pixels == "asymmetric" ? "floor" : "round_prefer_ceil");
}

bool OperatorReader::depth_to_space() {
    const std::int64_t size = settings<tflite::DepthToSpaceOptions>().block_size();
    return become("DepthToSpace", {{"blocksize", size}});
}

bool OperatorReader::space_to_depth() {
    const std::int64_t size = settings<tflite::SpaceToDepthOptions>().block_size();
    return become("SpaceToDepth", {{"blocksize", size}});
}

bool OperatorReader::filled() {
    const auto value = numbers_of(graph_, node_.input(1), 1);
    if (!value || value->size() != 1) return false;
    node_.inputs.resize(1);
    return become("ConstantOfShape", {{"value", value->front()}});
}

}  // namespace mobilenet_cost
