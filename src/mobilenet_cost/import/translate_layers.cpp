// Convolutions, dense layers, pooling, sizes.

#include <algorithm>
#include <cmath>

#include "mobilenet_cost/import/translator.h"
#include "mobilenet_cost/model/block_kinds.h"
#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost {
namespace {

using Windows = std::vector<WindowSide>;

/// Rows and columns; a filter along one side alone has one row.
struct TwoSides {
    WindowSide rows;
    WindowSide columns;
};

TwoSides two_sides(const Windows& sides) {
    if (sides.size() == 2) return {sides[0], sides[1]};
    return {WindowSide(), sides[0]};
}

Json padding_json(const TwoSides& sides) {
    Json padding = Json::array();
    for (const std::int64_t zeros :
         {sides.rows.before, sides.rows.after, sides.columns.before, sides.columns.after})
        padding.push_back(zeros);
    return padding;
}

/// The padding by its rule, where it has one that does not depend on the map's size. The model's is "valid".
void set_padding(Json& keys, const TwoSides& sides) {
    const auto evenly = [](const WindowSide& side) {
        return side.before == (side.extent() - 1) / 2 && side.after == side.before;
    };
    const bool none = sides.rows.before + sides.rows.after + sides.columns.before + sides.columns.after == 0;
    if (none) return;
    if (evenly(sides.rows) && evenly(sides.columns)) {
        keys["padding"] = "symmetric";
    } else {
        keys["padding"] = padding_json(sides);
    }
}

/// Kernel and stride; the stride, 1 by default, only where it is another.
void set_window(Json& keys, const TwoSides& sides) {
    keys["kernel"] = sides_json(sides.rows.kernel, sides.columns.kernel);
    if (sides.rows.stride != 1 || sides.columns.stride != 1)
        keys["stride"] = sides_json(sides.rows.stride, sides.columns.stride);
}

/// Whether a block of a model file may say it.
bool is_sayable(const TwoSides& sides) {
    const auto small = [](const WindowSide& side) {
        return side.kernel <= kLargestKernel && side.stride <= kLargestStride &&
               side.dilation <= kLargestDilation;
    };
    return small(sides.rows) && small(sides.columns);
}

bool is_sayable_kernel(std::int64_t rows, std::int64_t columns) {
    return std::max(rows, columns) <= kLargestKernel;
}

Dims sides_of(const Dims& dims, PlainLayout layout) {
    Dims sides;
    for (const std::size_t axis : map_axes(layout, dims.size()).spatial)
        sides.push_back(dims[axis]);
    return sides;
}

}  // namespace

/// A constant bias of a layer, if it has one. False: one that is worked out.
bool Translator::set_bias(const PlainNode& node, std::size_t input, std::int64_t channels,
                          ImportedBlock& block) const {
    const PlainTensorId bias = node.input(input);
    block.keys["batch_norm"] = false;
    if (bias == kNoPlainTensor) return true;
    if (!is_constant(bias) || element_count(graph_, graph_.tensor(bias)) != channels) return false;
    block.keys["bias"] = true;
    block.weights.steps.push_back({.what = ChannelStep::What::add, .constants = {bias}, .value = 0});
    return true;
}

bool Translator::conv(const PlainNode& node) {
    if (!is_constant(node.input(1)) || dims(node.input(0)).size() > 4) return false;
    const auto input = map(node, 0);
    if (!input) return false;
    const Shape in = blocks_.shape(*input);
    const Dims& filter = dims(node.input(1));
    const Dims& sizes = dims(node.input(0));
    const FilterAxes axes = filter_axes(node, filter.size());
    const std::int64_t outputs = filter[axes.outputs];
    TwoSides sides =
        two_sides(window_of(graph_, node, sides_of(sizes, graph_.layout), kernel_of(filter, axes)));
    if (!is_sayable(sides)) return false;
    if (sizes.size() == 3 && in.w == 1 && in.h != 1) std::swap(sides.rows, sides.columns);
    const std::int64_t groups = node.integer("group", 1);
    const bool depthwise = groups == in.c && in.c > 1;
    ImportedBlock block{
        .kind = depthwise ? "depthwise" : "conv",
        .inputs = {*input},
        .shape = {in.n, sides.rows.out, sides.columns.out, outputs},
        .weights = {.filter = WeightSource::Filter::taps, .tensor = node.input(1), .axes = axes}};
    if (!depthwise) block.keys = object_of({{"channels", outputs}, {"scale", "never"}});
    set_window(block.keys, sides);
    if (sides.rows.dilation != 1 || sides.columns.dilation != 1)
        block.keys["dilation"] = sides_json(sides.rows.dilation, sides.columns.dilation);
    set_padding(block.keys, sides);
    if (depthwise && outputs != in.c) block.keys["multiplier"] = outputs / in.c;
    if (!depthwise && groups != 1) block.keys["groups"] = groups;
    if (!set_bias(node, 2, outputs, block)) return false;
    add(node, std::move(block));
    return true;
}

bool Translator::transposed_conv(const PlainNode& node) {
    if (!is_constant(node.input(1)) || dims(node.input(0)).size() != 4 || node.integer("group", 1) != 1)
        return false;
    const auto input = map(node, 0);
    if (!input) return false;
    const Dims& filter = dims(node.input(1));
    const FilterAxes axes = filter_axes(node, filter.size());
    const std::int64_t outputs = filter[axes.outputs];
    const TwoSides sides = two_sides(transposed_window_of(
        graph_, node, sides_of(dims(node.input(0)), graph_.layout), kernel_of(filter, axes)));
    if (sides.rows.dilation != 1 || sides.columns.dilation != 1 || !is_sayable(sides)) return false;
    ImportedBlock block{
        .kind = "transposed_conv",
        .keys = object_of({{"channels", fixed_width(outputs)}}),
        .inputs = {*input},
        .shape = {batch_, sides.rows.out, sides.columns.out, outputs},
        .weights = {.filter = WeightSource::Filter::taps, .tensor = node.input(1), .axes = axes}};
    block.keys["kernel"] = sides_json(sides.rows.kernel, sides.columns.kernel);
    block.keys["stride"] = sides_json(sides.rows.stride, sides.columns.stride);
    block.keys["padding"] = padding_json(sides);
    const Dims more = output_padding_of(graph_, node, 2);
    if (more != Dims{0, 0}) block.keys["output_padding"] = sides_json(more[0], more[1]);
    if (!set_bias(node, 2, outputs, block)) return false;
    add(node, std::move(block));
    return true;
}

bool Translator::window_pool(const PlainNode& node) {
    const Dims& sizes = dims(node.input(0));
    const bool second_output = node.outputs.size() > 1 && is_read(node.outputs[1]);
    if (sizes.size() > 4 || second_output) return false;
    const auto input = map(node, 0);
    if (!input) return false;
    const Shape in = blocks_.shape(*input);
    TwoSides sides =
        two_sides(window_of(graph_, node, sides_of(sizes, graph_.layout), node.integers("kernel_shape", {})));
    if (sizes.size() == 3 && in.w == 1 && in.h != 1) std::swap(sides.rows, sides.columns);
    const bool largest = node.op == "MaxPool";
    const bool counts = !largest && node.integer("count_include_pad", 0) != 0;
    if (sides.rows.dilation != 1 || sides.columns.dilation != 1) return false;
    if (!is_sayable(sides) && !(sides.rows.kernel == in.h && sides.columns.kernel == in.w)) return false;
    if (counts && (sides.rows.partial || sides.columns.partial)) return false;
    const bool padded = sides.rows.before + sides.rows.after + sides.columns.before + sides.columns.after > 0;
    ImportedBlock block{.kind = largest ? "max_pool" : "average_pool",
                        .inputs = {*input},
                        .shape = {in.n, sides.rows.out, sides.columns.out, in.c}};
    if (!largest && !padded && sides.rows.kernel == in.h && sides.columns.kernel == in.w) {
        block.kind = "pool";
    } else {
        set_window(block.keys, sides);
        set_padding(block.keys, sides);
        if (counts && padded) block.keys["count_padding"] = true;
    }
    add(node, std::move(block));
    return true;
}

bool Translator::global_pool(const PlainNode& node) {
    const auto input = map(node, 0);
    if (!input) return false;
    const Shape in = blocks_.shape(*input);
    ImportedBlock block{.kind = "pool", .inputs = {*input}, .shape = {in.n, 1, 1, in.c}};
    if (node.op == "GlobalMaxPool") {
        if (!is_sayable_kernel(in.h, in.w)) return false;
        block.kind = "max_pool";
        block.keys = object_of({{"kernel", sides_json(in.h, in.w)}});
    }
    add(node, std::move(block));
    return true;
}

/// Over height and width, or one of them.
bool Translator::reduce(const PlainNode& node) {
    const TensorValue from = value(node, 0);
    const Shape in = shape(from);
    const auto axes = axes_of(graph_, node, 1, from.view.size());
    if (!axes || axes->empty()) return false;
    ViewGroup reduced;
    View view;
    for (std::size_t i = 0; i < from.view.size(); ++i) {
        const bool named = std::find(axes->begin(), axes->end(), static_cast<std::int64_t>(i)) != axes->end();
        if (named) reduced.insert(reduced.end(), from.view[i].begin(), from.view[i].end());
        if (!named) view.push_back(from.view[i]);
        if (named && node.integer("keepdims", 1) != 0) view.emplace_back();
    }
    const bool largest = node.op == "ReduceMax";
    ImportedBlock block{.kind = largest ? "max_pool" : "average_pool", .inputs = {from.block}, .shape = in};
    if (covers(reduced, in, "hw")) {
        block.shape.h = block.shape.w = 1;
        if (!largest) block.kind = "pool";
    } else if (covers(reduced, in, "h")) {
        block.shape.h = 1;
    } else if (covers(reduced, in, "w")) {
        block.shape.w = 1;
    } else {
        return false;
    }
    if (block.kind != "pool" && !is_sayable_kernel(in.h / block.shape.h, in.w / block.shape.w)) return false;
    if (block.kind != "pool")
        block.keys = object_of({{"kernel", sides_json(in.h / block.shape.h, in.w / block.shape.w)}});
    const BlockId id = blocks_.add(node, std::move(block));
    set(node.outputs.front(), id, std::move(view));
    return true;
}

bool Translator::gemm(const PlainNode& node) {
    const PlainTensorId bias = node.input(2);
    const bool plain =
        node.integer("transA", 0) == 0 && node.number("alpha", 1) == 1 && node.number("beta", 1) == 1;
    if (!plain || !is_constant(node.input(1))) return false;
    const bool turned = node.integer("transB", 0) != 0;
    const std::int64_t outputs = dims(node.input(1))[turned ? 0 : 1];
    if (bias != kNoPlainTensor &&
        (!is_constant(bias) || element_count(graph_, graph_.tensor(bias)) != outputs))
        return false;
    return linear(node, turned, outputs);
}

bool Translator::matmul(const PlainNode& node) {
    if (is_constant(node.input(0))) return false;
    if (!is_constant(node.input(1))) return !node.has("transB") && attention(node);
    const Dims& matrix = dims(node.input(1));
    if (matrix.size() < 2) return false;
    for (std::size_t i = 0; i + 2 < matrix.size(); ++i)
        if (matrix[i] != 1) return false;
    const bool turned = node.integer("transB", 0) != 0;
    return linear(node, turned, turned ? matrix[matrix.size() - 2] : matrix.back());
}

/// A matrix for the last dimension of what is read: the channels of each pixel, or all of a map.
bool Translator::linear(const PlainNode& node, bool turned, std::int64_t outputs) {
    const TensorValue from = value(node, 0);
    const Shape in = shape(from);
    const ViewGroup& rows = from.view.back();
    const bool pixel = rows == whole_axis('c', in.c);
    if (!pixel && (!covers(rows, in, "hwc") || !is_sayable_kernel(in.h, in.w))) return false;
    using Filter = WeightSource::Filter;
    const Shape out = pixel ? Shape{in.n, in.h, in.w, outputs} : Shape{in.n, 1, 1, outputs};
    ImportedBlock block{.kind = "conv",
                        .keys = object_of({{"channels", outputs},
                                           {"scale", "never"},
                                           {"kernel", pixel ? Json(1) : sides_json(in.h, in.w)}}),
                        .inputs = {from.block},
                        .shape = out,
                        .weights = {.filter = turned ? Filter::turned : Filter::matrix,
                                    .tensor = node.input(1),
                                    .inputs = rows,
                                    .map = in}};
    if (!set_bias(node, 2, outputs, block)) return false;
    View view = from.view;
    view.back() = whole_axis('c', outputs);
    const BlockId id = blocks_.add(node, std::move(block));
    set(node.outputs.front(), id, std::move(view));
    return true;
}

bool Translator::resize(const PlainNode& node) {
    if (dims(node.input(0)).size() != 4) return false;
    const auto input = map(node, 0);
    if (!input) return false;
    const Shape in = blocks_.shape(*input);
    const Dims to = sides_of(dims(node.outputs.front()), graph_.layout);
    if (dims(node.outputs.front())[map_axes(graph_.layout, 4).channel] != in.c) return false;
    const bool whole = to[0] % in.h == 0 && to[1] % in.w == 0;
    const std::string mode = node.text("mode", "nearest");
    const std::string pixels =
        node.text("coordinate_transformation_mode", node.op == "Upsample" ? "asymmetric" : "half_pixel");
    const std::string rounding =
        node.text("nearest_mode", node.op == "Upsample" ? "floor" : "round_prefer_floor");
    const bool same = to[0] == in.h && to[1] == in.w;
    // By a whole factor, every pixel is that many pixels wide, whether it is looked at from its corner or its
    // middle.
    const bool nearest =
        mode == "nearest" && whole &&
        ((pixels == "asymmetric" && rounding == "floor") ||
         ((pixels == "half_pixel" || pixels == "pytorch_half_pixel") && rounding.starts_with("round")));
    const bool bilinear =
        (mode == "linear" || mode == "bilinear") &&
        (pixels == "half_pixel" || (pixels == "pytorch_half_pixel" && std::min(to[0], to[1]) > 1));
    if (!nearest && !bilinear && !same) return false;
    ImportedBlock block{.kind = "resize", .inputs = {*input}, .shape = {in.n, to[0], to[1], in.c}};
    if (whole && std::max(to[0] / in.h, to[1] / in.w) <= 64) {
        block.keys["factor"] = sides_json(to[0] / in.h, to[1] / in.w);
    } else {
        block.keys = object_of({{"height", to[0]}, {"width", to[1]}});
    }
    block.keys["rule"] = bilinear ? "bilinear" : "nearest";
    add(node, std::move(block));
    return true;
}

/// To the size that it has, or of one pixel to a map.
bool Translator::expand(const PlainNode& node) {
    const Dims& to = dims(node.outputs.front());
    if (to == dims(node.input(0))) return pass(node), true;
    const TensorValue from = value(node, 0);
    if (to.size() != 4 || dims(node.input(0)).size() != 4 || shape(from).h != 1 || shape(from).w != 1)
        return false;
    const auto input = map(node, 0);
    const Dims sides = sides_of(to, graph_.layout);
    const Shape in = shape(from);
    if (!input || to[map_axes(graph_.layout, 4).channel] != in.c || to[0] != in.n) return false;
    add(node, {.kind = "resize",
               .keys = object_of({{"height", sides[0]}, {"width", sides[1]}, {"rule", "nearest"}}),
               .inputs = {*input},
               .shape = {in.n, sides[0], sides[1], in.c}});
    return true;
}

bool Translator::pad(const PlainNode& node) {
    const Dims& from = dims(node.input(0));
    const auto pads =
        node.has("pads") ? std::optional(node.integers("pads", {})) : integers_of(graph_, node.input(1));
    if (!pads || from.size() != 4 || pads->size() != 8) return false;
    if (std::all_of(pads->begin(), pads->end(), [](std::int64_t zeros) { return zeros == 0; }))
        return pass(node), true;
    const bool zeros = node.input(2) == kNoPlainTensor
                           ? node.number("value", 0) == 0
                           : numbers_of(graph_, node.input(2), 1) == std::vector<double>{0};
    const bool positive =
        std::all_of(pads->begin(), pads->end(), [](std::int64_t side) { return side >= 0; });
    const auto input = map(node, 0);
    if (node.text("mode", "constant") != "constant" || !zeros || !positive || (*pads)[0] + (*pads)[4] != 0 ||
        !input)
        return false;
    const MapAxes axes = map_axes(graph_.layout, 4);
    const std::size_t h = axes.spatial[0];
    const std::size_t w = axes.spatial[1];
    ImportedBlock block{.kind = "pad", .inputs = {*input}};
    const Dims around = {(*pads)[h], (*pads)[4 + h], (*pads)[w], (*pads)[4 + w]};
    if (around != Dims{0, 0, 0, 0}) block.keys["padding"] = around;
    const std::int64_t before = (*pads)[axes.channel];
    const std::int64_t behind = (*pads)[4 + axes.channel];
    if (before + behind > 0) block.keys["channels"] = Dims{before, behind};
    const Dims& to = dims(node.outputs.front());
    block.shape = {to[0], to[h], to[w], to[axes.channel]};
    add(node, std::move(block));
    return true;
}

}  // namespace mobilenet_cost
