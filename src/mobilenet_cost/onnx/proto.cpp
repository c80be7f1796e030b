#include "mobilenet_cost/onnx/proto.h"

#include <algorithm>

namespace mobilenet_cost {

Dims nchw(const Shape& shape) {
    return {shape.n, shape.c, shape.h, shape.w};
}

Dims pads_of(const Padding& pad) {
    return {pad.top, pad.left, pad.bottom, pad.right};
}

Dims dims_of(const Sides& sides) {
    return {sides.h, sides.w};
}

void set_value_info(onnx::ValueInfoProto& info, const std::string& name, const Dims& dims) {
    info.set_name(name);
    onnx::TypeProto::Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    tensor.mutable_shape();  // a scalar has a shape, too
    for (const std::int64_t dim : dims)
        tensor.mutable_shape()->add_dim()->set_dim_value(dim);
}

namespace {

onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const char* name,
                                    onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
}

}  // namespace

void add_ints(onnx::NodeProto& node, const char* name, const Dims& values) {
    add_attribute(node, name, onnx::AttributeProto::INTS)
        .mutable_ints()
        ->Assign(values.begin(), values.end());
}

void add_int(onnx::NodeProto& node, const char* name, std::int64_t value) {
    add_attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void add_float(onnx::NodeProto& node, const char* name, float value) {
    add_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}

void add_text(onnx::NodeProto& node, const char* name, const char* value) {
    add_attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}

std::vector<float> transposed(const std::vector<float>& filter, const Dims& dims) {
    const auto outputs = static_cast<std::size_t>(dims[0]);
    const auto inputs = static_cast<std::size_t>(dims[1]);
    const auto taps = static_cast<std::size_t>(dims[2] * dims[3]);
    std::vector<float> result(filter.size());
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t i = 0; i < inputs; ++i) {
            for (std::size_t tap = 0; tap < taps; ++tap)
                result[(o * inputs + i) * taps + tap] = filter[(tap * inputs + i) * outputs + o];
        }
    }
    return result;
}

std::vector<float> swapped(const std::vector<float>& values, const Dims& dims) {
    const std::size_t first = static_cast<std::size_t>(dims[0]);
    const std::size_t second = static_cast<std::size_t>(dims[1]);
    const std::size_t inner = values.size() / first / second;
    std::vector<float> result(values.size());
    for (std::size_t i = 0; i < first * second; ++i)
        std::copy_n(values.data() + i * inner, inner,
                    result.data() + (i % second * first + i / second) * inner);
    return result;
}

}  // namespace mobilenet_cost
