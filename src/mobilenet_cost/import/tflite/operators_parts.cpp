// Shapes that change without a layer, and parts of tensors.

#include <algorithm>

#include "mobilenet_cost/import/tflite/operator_reader.h"

namespace mobilenet_cost {

bool OperatorReader::reshape() {
    const auto* from = options<tflite::ReshapeOptions>();
    Attributes attributes = {{"allowzero", std::int64_t{1}}};
    if (node_.input(1) == kNoPlainTensor)
        attributes["shape"] = list(from == nullptr ? nullptr : from->new_shape());
    return become("Reshape", std::move(attributes));
}

bool OperatorReader::squeeze() {
    const auto* from = options<tflite::SqueezeOptions>();
    const Dims axes = list(from == nullptr ? nullptr : from->squeeze_dims());
    if (axes.empty()) return become("Squeeze");
    return become("Squeeze", {{"axes", axes}});
}

bool OperatorReader::transpose() {
    const auto order = integers(1);
    if (!order) return false;
    node_.inputs.resize(1);
    return become("Transpose", {{"perm", *order}});
}

bool OperatorReader::pad() {
    const auto rows = integers(1);
    if (!rows) return false;
    Dims pads;
    for (const std::size_t first : {0U, 1U})
        for (std::size_t i = first; i < rows->size(); i += 2)
            pads.push_back((*rows)[i]);
    Attributes attributes = {{"pads", pads}};
    if (const auto* mirror = options<tflite::MirrorPadOptions>()) {
        const bool reflects = mirror->mode() == tflite::MirrorPadMode::REFLECT;
        attributes["mode"] = std::string(reflects ? "reflect" : "symmetric");
    }
    const PlainTensorId value = node_.input(2);
    node_.inputs.resize(1);
    if (value != kNoPlainTensor) node_.inputs.insert(node_.inputs.end(), {kNoPlainTensor, value});
    return become("Pad", std::move(attributes));
}

bool OperatorReader::concatenation() {
    const auto& from = settings<tflite::ConcatenationOptions>();
    return become_activated(from.fused_activation_function(), "Concat",
                            {{"axis", std::int64_t{from.axis()}}});
}

bool OperatorReader::pack() {
    const std::int64_t axis = settings<tflite::PackOptions>().axis();
    for (PlainTensorId& input : node_.inputs) {
        if (input == kNoPlainTensor) return false;
        input = push_node("Unsqueeze", {input}, {{"axes", Dims{axis}}});
    }
    return become("Concat", {{"axis", axis}});
}

bool OperatorReader::unpack() {
    const std::int64_t axis = settings<tflite::UnpackOptions>().axis();
    const std::vector<PlainTensorId> outputs = node_.outputs;
    for (PlainTensorId& output : node_.outputs)
        output = between();
    const std::vector<PlainTensorId> parts = node_.outputs;
    const std::string name = node_.name;
    become("Split", {{"axis", axis}});
    for (std::size_t i = 0; i < outputs.size(); ++i)
        graph_.nodes.push_back({"Squeeze", name, {parts[i]}, {outputs[i]}, {{"axes", Dims{axis}}}});
    return true;
}

bool OperatorReader::split() {
    const auto axis = integers(0);
    if (!axis || axis->size() != 1) return false;
    node_.inputs = {node_.input(1)};
    return become("Split", {{"axis", axis->front()}});
}

bool OperatorReader::split_by_sizes() {
    const auto sizes = integers(1);
    const auto axis = integers(2);
    if (!sizes || !axis || axis->size() != 1 || std::find(sizes->begin(), sizes->end(), -1) != sizes->end())
        return false;
    node_.inputs.resize(1);
    return become("Split", {{"axis", axis->front()}, {"split", *sizes}});
}

bool OperatorReader::slice() {
    const auto begins = integers(1);
    const auto sizes = integers(2);
    if (!begins || !sizes || begins->size() != sizes->size()) return false;
    Dims ends;
    for (std::size_t i = 0; i < sizes->size(); ++i)
        ends.push_back((*sizes)[i] == -1 ? kToTheEnd : (*begins)[i] + (*sizes)[i]);
    node_.inputs.resize(1);
    return become("Slice", {{"starts", *begins}, {"ends", ends}});
}

bool OperatorReader::strided_slice() {
    const auto& from = settings<tflite::StridedSliceOptions>();
    const auto begins = integers(1);
    const auto ends = integers(2);
    const auto steps = integers(3);
    const bool known =
        begins && ends && steps && ends->size() == begins->size() && steps->size() == begins->size();
    if (!known || begins->size() > 16 || from.ellipsis_mask() != 0 || from.new_axis_mask() != 0) return false;
    Dims first;
    Dims last;
    Dims gone;
    for (std::size_t i = 0; i < begins->size(); ++i) {
        const auto bit = [i](std::int32_t mask) { return ((mask >> i) & 1) != 0; };
        const bool one = bit(from.shrink_axis_mask());
        if ((*steps)[i] < 1) return false;
        first.push_back(bit(from.begin_mask()) && !one ? 0 : (*begins)[i]);
        last.push_back(one                    ? (first.back() == -1 ? kToTheEnd : first.back() + 1)
                       : bit(from.end_mask()) ? kToTheEnd
                                              : (*ends)[i]);
        if (one) gone.push_back(static_cast<std::int64_t>(i));
    }
    const PlainTensorId with_steps = node_.input(3);
    node_.inputs = {node_.input(0), kNoPlainTensor, kNoPlainTensor, kNoPlainTensor, with_steps};
    const std::vector<PlainTensorId> outputs = node_.outputs;
    const std::string name = node_.name;
    if (!gone.empty()) node_.outputs = {between()};
    const PlainTensorId part = node_.outputs.front();
    become("Slice", {{"starts", first}, {"ends", last}});
    if (!gone.empty()) graph_.nodes.push_back({"Squeeze", name, {part}, outputs, {{"axes", gone}}});
    return true;
}

bool OperatorReader::gather() {
    const auto* from = options<tflite::GatherOptions>();
    if (from != nullptr && from->batch_dims() != 0) return false;
    return become("Gather", {{"axis", std::int64_t{from == nullptr ? 0 : from->axis()}}});
}

}  // namespace mobilenet_cost
