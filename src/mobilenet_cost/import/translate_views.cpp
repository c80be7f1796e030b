// Shapes that change without a layer, and parts of channels.

#include <algorithm>

#include "mobilenet_cost/import/translator.h"
#include "mobilenet_cost/model/layer.h"

namespace mobilenet_cost {

bool Translator::same_values(const PlainNode& node) {
    const TensorValue from = value(node, 0);
    auto view = reshape_view(from.view, dims(node.outputs.front()));
    if (!view) return false;
    set_view(node, from, *std::move(view));
    return true;
}

bool Translator::nothing(const PlainNode& node) {
    if (node.outputs.size() > 1 && is_read(node.outputs[1])) return false;
    pass(node);
    return true;
}

bool Translator::transpose(const PlainNode& node) {
    const TensorValue from = value(node, 0);
    set_view(node, from, transpose_view(from.view, *order_of(node, from.view.size())));
    return true;
}

/// Whether a dimension runs through all channels, or the slowest part of them.
bool Translator::takes(const TensorValue& from, std::size_t axis) const {
    const ViewGroup& group = from.view[axis];
    return group.size() == 1 && group[0].axis == 'c' && group[0].size * group[0].stride == shape(from).c;
}

/// Some of the channels, where the axis runs through all of them, the slowest part first. `drop`: the axis
/// itself goes.
bool Translator::take(const PlainNode& node, std::size_t output, std::size_t axis, std::int64_t begin,
                      std::int64_t count, bool drop) {
    const TensorValue from = value(node, 0);
    const Shape in = shape(from);
    View view = from.view;
    if (!takes(from, axis)) return false;
    const std::int64_t stride = view[axis][0].stride;
    Shape part = in;
    part.c = count * stride;
    Json keys = Json::object();
    if (begin > 0) keys["begin"] = fixed_width(begin * stride);
    keys["channels"] = fixed_width(part.c);
    if (count == 1) {
        view[axis].clear();
    } else {
        view[axis][0].size = count;
    }
    if (drop) view.erase(view.begin() + static_cast<std::ptrdiff_t>(axis));
    const BlockId id =
        blocks_.add(node, {.kind = "slice", .keys = std::move(keys), .inputs = {from.block}, .shape = part});
    set(node.outputs[output], id, std::move(view));
    return true;
}

bool Translator::split(const PlainNode& node) {
    const Dims& sizes = dims(node.input(0));
    const auto axis = static_cast<std::size_t>(axis_of(graph_, node, node.integer("axis", 0), sizes.size()));
    const bool channels = sizes.size() >= 3 && axis == map_axes(graph_.layout, sizes.size()).channel;
    if (channels && !takes(value(node, 0), axis)) (void)map(node, 0);
    if (!takes(value(node, 0), axis)) return false;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] == kNoPlainTensor) return false;
        const std::int64_t count = dims(node.outputs[i])[axis];
        if (is_read(node.outputs[i]) && !take(node, i, axis, begin, count, false)) return false;
        begin += count;
    }
    return true;
}

bool Translator::slice(const PlainNode& node) {
    const Dims& sizes = dims(node.input(0));
    auto ranges = slice_ranges(graph_, node, sizes);
    if (!ranges) return false;
    std::erase_if(*ranges, [&](const SliceRange& range) {
        return range.count == sizes[range.axis] && range.step == 1;
    });
    if (ranges->empty()) return pass(node), true;
    const SliceRange& range = ranges->front();
    return ranges->size() == 1 && range.step == 1 &&
           take(node, 0, range.axis, range.begin, range.count, false);
}

bool Translator::gather(const PlainNode& node) {
    if (is_constant(node.input(0))) return false;
    const Dims& sizes = dims(node.input(0));
    const auto indices = integers_of(graph_, node.input(1));
    if (!indices || indices->size() != 1 || dims(node.input(1)).size() > 1) return false;
    const auto axis = static_cast<std::size_t>(axis_of(graph_, node, node.integer("axis", 0), sizes.size()));
    const std::int64_t index = (*indices)[0] < 0 ? (*indices)[0] + sizes[axis] : (*indices)[0];
    if (index < 0 || index >= sizes[axis]) return false;
    const bool drop = dims(node.input(1)).empty();
    if (sizes[axis] > 1) return take(node, 0, axis, index, 1, drop);
    const TensorValue from = value(node, 0);
    View view = from.view;
    if (drop) view.erase(view.begin() + static_cast<std::ptrdiff_t>(axis));
    set_view(node, from, std::move(view));
    return true;
}

bool Translator::concat(const PlainNode& node) {
    for (const PlainTensorId id : node.inputs)
        if (id == kNoPlainTensor || is_constant(id)) return false;
    if (node.inputs.size() == 1) return pass(node), true;
    const std::size_t rank = dims(node.input(0)).size();
    const auto axis = static_cast<std::size_t>(axis_of(graph_, node, node.integer("axis", 1), rank));
    const auto fits = [&](std::size_t i) {
        View view = value(node, i).view;
        const Shape& of = shape(value(node, i));
        const Shape& first = shape(value(node, 0));
        if (view[axis] != whole_axis('c', of.c) || of.h != first.h || of.w != first.w) return false;
        view[axis] = value(node, 0).view[axis];
        return view == value(node, 0).view;
    };
    const auto all_fit = [&] {
        for (std::size_t i = 0; i < node.inputs.size(); ++i)
            if (!fits(i)) return false;
        return true;
    };
    if (!all_fit()) {
        if (join(node, axis)) return true;
        if (rank < 3 || axis != map_axes(graph_.layout, rank).channel) return false;
        for (std::size_t i = 0; i < node.inputs.size(); ++i)
            if (!map(node, i)) return false;
        if (!all_fit()) return false;
    }
    std::vector<BlockId> parts;
    Shape joined = shape(value(node, 0));
    joined.c = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (parts.size() == Concat::kMostInputs)
            parts = {blocks_.add(node, {.kind = "concat", .inputs = parts, .shape = joined})};
        parts.push_back(value(node, i).block);
        joined.c += blocks_.shape(parts.back()).c;
    }
    View view = value(node, 0).view;
    view[axis] = whole_axis('c', joined.c);
    const BlockId id = blocks_.add(node, {.kind = "concat", .inputs = parts, .shape = joined});
    set(node.outputs.front(), id, std::move(view));
    return true;
}

}  // namespace mobilenet_cost
