#include "mobilenet_cost/import/window.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr std::int64_t kLargestValue = std::int64_t{1} << 30;  // of an attribute

/// One value for each side, or two for pads.
Dims values_of(const PlainGraph& graph, const PlainNode& node, const char* name, std::size_t count,
               std::int64_t usual, std::int64_t least) {
    const Dims values = node.integers(name, Dims(count, usual));
    const bool good =
        values.size() == count && std::all_of(values.begin(), values.end(), [&](std::int64_t value) {
            return value >= least && value <= kLargestValue;
        });
    if (!good)
        fail_at(graph, node,
                fmt::format("expected \"{}\" to be {} whole numbers from {}, found [{}]", name, count, least,
                            shortened(fmt::format("{}", fmt::join(values, ", ")))));
    return values;
}

/// SAME_UPPER and SAME_LOWER: out = ceil(in / stride).
void pad_same(WindowSide& side, bool upper) {
    side.out = (side.in + side.stride - 1) / side.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (side.out - 1) * side.stride + side.extent() - side.in);
    side.before = upper ? total / 2 : total - total / 2;
    side.after = total - side.before;
}

void round_up(WindowSide& side) {
    const std::int64_t padded = side.in + side.before + side.after;
    std::int64_t out = (padded - side.extent() + side.stride - 1) / side.stride + 1;
    if ((out - 1) * side.stride >= side.in + side.before) --out;  // no window begins in the padding behind
    const std::int64_t missing = (out - 1) * side.stride + side.extent() - padded;
    side.partial = missing > 0;
    side.after += std::max<std::int64_t>(0, missing);
    side.out = out;
}

std::string auto_pad_of(const PlainGraph& graph, const PlainNode& node) {
    std::string rule = node.text("auto_pad", "NOTSET");
    if (rule != "NOTSET" && rule != "VALID" && rule != "SAME_UPPER" && rule != "SAME_LOWER")
        fail_at(graph, node,
                fmt::format("expected an auto_pad of NOTSET, VALID, SAME_UPPER or SAME_LOWER, found {}",
                            in_quotes(rule)));
    return rule;
}

std::vector<WindowSide> sides_of(const PlainGraph& graph, const PlainNode& node, const Dims& spatial,
                                 const Dims& kernel) {
    const std::size_t count = spatial.size();
    const Dims strides = values_of(graph, node, "strides", count, 1, 1);
    const Dims dilations = values_of(graph, node, "dilations", count, 1, 1);
    const bool given = auto_pad_of(graph, node) == "NOTSET";
    const Dims pads = given ? values_of(graph, node, "pads", 2 * count, 0, 0) : Dims(2 * count, 0);
    if (kernel.size() != count)
        fail_at(graph, node,
                fmt::format("expected a kernel with {} sides, found {}", count, dims_text(kernel)));
    std::vector<WindowSide> sides;
    for (std::size_t i = 0; i < count; ++i) {
        if (kernel[i] < 1 || kernel[i] > kLargestValue)
            fail_at(graph, node, fmt::format("expected a kernel of 1 or more, found {}", dims_text(kernel)));
        sides.push_back({.in = spatial[i],
                         .kernel = kernel[i],
                         .stride = strides[i],
                         .dilation = dilations[i],
                         .before = pads[i],
                         .after = pads[count + i]});
    }
    return sides;
}

}  // namespace

MapAxes map_axes(PlainLayout layout, std::size_t rank) {
    MapAxes axes;
    axes.channel = layout == PlainLayout::nchw ? 1 : rank - 1;
    for (std::size_t axis = 1; axis < rank; ++axis)
        if (axis != axes.channel) axes.spatial.push_back(axis);
    return axes;
}

FilterAxes filter_axes(const PlainNode& node, std::size_t rank) {
    FilterAxes axes;
    std::size_t axis = 0;
    for (const char letter : node.text("filter_order", node.op == "ConvTranspose" ? "IOS" : "OIS")) {
        if (letter == 'O') axes.outputs = axis++;
        if (letter == 'I') axes.inputs = axis++;
        for (std::size_t side = 2; letter == 'S' && side < rank; ++side)
            axes.sides.push_back(axis++);
    }
    return axes;
}

Dims kernel_of(const Dims& filter, const FilterAxes& axes) {
    Dims kernel;
    for (const std::size_t side : axes.sides)
        kernel.push_back(filter[side]);
    return kernel;
}

std::vector<WindowSide> window_of(const PlainGraph& graph, const PlainNode& node, const Dims& spatial,
                                  const Dims& kernel) {
    std::vector<WindowSide> sides = sides_of(graph, node, spatial, kernel);
    const std::string rule = auto_pad_of(graph, node);
    for (WindowSide& side : sides) {
        const std::int64_t padded = side.in + side.before + side.after;
        if (rule.starts_with("SAME")) {
            pad_same(side, rule == "SAME_UPPER");
        } else if (padded < side.extent()) {
            fail_at(graph, node,
                    fmt::format("expected a map that a kernel of {} fits, found {} with its padding",
                                side.extent(), padded));
        } else if (node.integer("ceil_mode", 0) != 0) {
            round_up(side);
        } else {
            side.out = (padded - side.extent()) / side.stride + 1;
        }
    }
    return sides;
}

Dims output_padding_of(const PlainGraph& graph, const PlainNode& node, std::size_t sides) {
    return values_of(graph, node, "output_padding", sides, 0, 0);
}

std::vector<WindowSide> transposed_window_of(const PlainGraph& graph, const PlainNode& node,
                                             const Dims& spatial, const Dims& kernel) {
    std::vector<WindowSide> sides = sides_of(graph, node, spatial, kernel);
    const Dims more = output_padding_of(graph, node, sides.size());
    const std::string rule = auto_pad_of(graph, node);
    const Dims shape = node.integers("output_shape", {});
    if (!shape.empty() && shape.size() != sides.size())
        fail_at(
            graph, node,
            fmt::format("expected an output_shape of {} sizes, found {}", sides.size(), dims_text(shape)));
    for (std::size_t i = 0; i < sides.size(); ++i) {
        WindowSide& side = sides[i];
        const std::int64_t whole = (side.in - 1) * side.stride + side.extent() + more[i];
        if (!shape.empty() || rule.starts_with("SAME")) {
            side.out = shape.empty() ? side.in * side.stride : shape[i];
            const std::int64_t cut = std::max<std::int64_t>(0, whole - side.out);
            side.before = rule == "SAME_UPPER" || shape.empty() ? cut / 2 : cut - cut / 2;
            side.after = cut - side.before;
        }
        side.out = whole - side.before - side.after;
        if (side.out < 1)
            fail_at(graph, node, fmt::format("expected an output of 1 or more, found {}", side.out));
    }
    return sides;
}

}  // namespace mobilenet_cost
