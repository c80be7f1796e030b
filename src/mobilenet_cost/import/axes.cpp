#include "mobilenet_cost/import/axes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr std::int64_t kMostIntegers = 4096;

}  // namespace

std::optional<double> clip_limit(const PlainGraph& graph, const PlainNode& node, const std::string& name,
                                 std::size_t input, double none) {
    if (node.has(name)) return node.number(name, none);
    if (node.input(input) == kNoPlainTensor) return none;
    const auto numbers = numbers_of(graph, node.input(input), 1);
    return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
}

std::optional<Dims> broadcast(const Dims& left, const Dims& right) {
    Dims result(std::max(left.size(), right.size()), 1);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const std::int64_t a = i < left.size() ? left[left.size() - 1 - i] : 1;
        const std::int64_t b = i < right.size() ? right[right.size() - 1 - i] : 1;
        if (a != b && a != 1 && b != 1) return std::nullopt;
        result[result.size() - 1 - i] = a == 1 ? b : a;
    }
    return result;
}

std::int64_t axis_of(const PlainGraph& graph, const PlainNode& node, std::int64_t axis, std::size_t rank) {
    const auto size = static_cast<std::int64_t>(rank);
    if (axis < -size || axis >= size)
        fail_at(graph, node,
                fmt::format("expected an axis of a tensor with {} dimensions, found {}", rank, axis));
    return axis < 0 ? axis + size : axis;
}

std::optional<Dims> order_of(const PlainNode& node, std::size_t rank) {
    Dims order(rank);
    std::iota(order.rbegin(), order.rend(), 0);
    order = node.integers("perm", order);
    Dims sorted = order;
    std::sort(sorted.begin(), sorted.end());
    if (order.size() != rank) return std::nullopt;
    for (std::size_t i = 0; i < rank; ++i)
        if (sorted[i] != static_cast<std::int64_t>(i)) return std::nullopt;
    return order;
}

std::int64_t to_integer(double number) {
    constexpr double kMost = 9.2e18;  // ONNX writes INT64_MAX for "to the end"
    return static_cast<std::int64_t>(std::clamp(std::isnan(number) ? 0 : number, -kMost, kMost));
}

std::optional<Dims> integers_of(const PlainGraph& graph, PlainTensorId id) {
    const auto numbers = numbers_of(graph, id, kMostIntegers);
    if (!numbers) return std::nullopt;
    Dims integers(numbers->size());
    std::transform(numbers->begin(), numbers->end(), integers.begin(), to_integer);
    return integers;
}

std::optional<Dims> axes_of(const PlainGraph& graph, const PlainNode& node, std::size_t input,
                            std::size_t rank) {
    std::optional<Dims> axes;
    if (node.has("axes")) axes = node.integers("axes", {});
    if (!axes && node.input(input) != kNoPlainTensor) {
        axes = integers_of(graph, node.input(input));
        if (!axes) return std::nullopt;
    }
    if (!axes) axes = Dims();
    for (std::int64_t& axis : *axes)
        axis = axis_of(graph, node, axis, rank);
    return axes;
}

std::optional<std::vector<SliceRange>> slice_ranges(const PlainGraph& graph, const PlainNode& node,
                                                    const Dims& dims) {
    const auto given = [&](const char* name, std::size_t input) {
        return node.has(name) ? std::optional(node.integers(name, {}))
                              : integers_of(graph, node.input(input));
    };
    const auto begins = given("starts", 1);
    const auto ends = given("ends", 2);
    if (!begins || !ends || begins->size() != ends->size()) return std::nullopt;
    auto axes = axes_of(graph, node, 3, dims.size());
    if (!axes) return std::nullopt;
    if (axes->empty()) {
        for (std::size_t i = 0; i < begins->size(); ++i)
            axes->push_back(axis_of(graph, node, static_cast<std::int64_t>(i), dims.size()));
    }
    const Dims steps = node.input(4) == kNoPlainTensor ? Dims(begins->size(), 1)
                                                       : integers_of(graph, node.input(4)).value_or(Dims());
    if (axes->size() != begins->size() || steps.size() != begins->size()) return std::nullopt;
    std::vector<SliceRange> ranges;
    for (std::size_t i = 0; i < begins->size(); ++i) {
        const auto axis = static_cast<std::size_t>((*axes)[i]);
        const std::int64_t size = dims[axis];
        const std::int64_t step = steps[i];
        if (step == 0 || size < 0) return std::nullopt;
        const std::int64_t first = step > 0 ? 0 : -1;  // before the last of those that are taken
        const auto place = [&](std::int64_t index) {
            return std::clamp<std::int64_t>(index < 0 ? index + size : index, first, size + first);
        };
        const std::int64_t begin =
            step > 0 ? place((*begins)[i]) : std::max<std::int64_t>(0, place((*begins)[i]));
        const std::int64_t end = place((*ends)[i]);
        const std::int64_t length = std::max<std::int64_t>(0, step > 0 ? end - begin : begin - end);
        const std::int64_t stride = step > 0 ? step : -std::max(step, -size - 1);
        ranges.push_back(
            {axis, begin, length / stride + (length % stride != 0 ? 1 : 0), step > 0 ? stride : -stride});
    }
    return ranges;
}

std::optional<Dims> reshaped(const PlainGraph& graph, const PlainNode& node, const Dims& from) {
    auto dims =
        node.has("shape") ? std::optional(node.integers("shape", {})) : integers_of(graph, node.input(1));
    if (!dims) return std::nullopt;
    constexpr std::int64_t kMost = std::int64_t{1} << 46;
    const auto product = [&](const Dims& sizes) {
        std::int64_t result = 1;
        for (const std::int64_t size : sizes) {
            if (size < 0 || (size > 0 && result > kMost / size))
                fail_at(graph, node,
                        fmt::format("expected sizes of at most 2^46 values, found {}", dims_text(sizes)));
            result *= size;
        }
        return result;
    };
    std::int64_t known = 1;
    std::optional<std::size_t> open;
    Dims sizes = *dims;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] == 0 && node.integer("allowzero", 0) == 0 && i < from.size()) sizes[i] = from[i];
        if (sizes[i] != -1) continue;
        if (open)
            fail_at(graph, node, fmt::format("expected one size of -1 at most, found {}", dims_text(*dims)));
        open = i;
    }
    const std::int64_t count = product(from);
    if (open) sizes[*open] = 1;
    known = product(sizes);
    if (open && known > 0) sizes[*open] = count / known;
    if (product(sizes) != count)
        fail_at(graph, node,
                fmt::format("expected a shape of {} values as {} has, found {}", count, dims_text(from),
                            dims_text(*dims)));
    return sizes;
}

namespace {

std::optional<Dims> squeezed(const PlainGraph& graph, const PlainNode& node, const Dims& from) {
    const auto axes = axes_of(graph, node, 1, from.size());
    if (!axes) return std::nullopt;
    const bool all = axes->empty();
    Dims dims;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const bool named = std::find(axes->begin(), axes->end(), static_cast<std::int64_t>(i)) != axes->end();
        if (named && from[i] != 1)
            fail_at(graph, node,
                    fmt::format("expected a size of 1 to squeeze, found {} of {}", from[i], dims_text(from)));
        if (!named && !(all && from[i] == 1)) dims.push_back(from[i]);
    }
    return dims;
}

std::optional<Dims> unsqueezed(const PlainGraph& graph, const PlainNode& node, const Dims& from) {
    const auto given =
        node.has("axes") ? std::optional(node.integers("axes", {})) : integers_of(graph, node.input(1));
    if (!given || given->size() + from.size() > 16) return std::nullopt;
    const auto axes = axes_of(graph, node, 1, from.size() + given->size());
    Dims dims;
    std::size_t next = 0;
    for (std::size_t i = 0; i < from.size() + given->size(); ++i) {
        const bool named = std::find(axes->begin(), axes->end(), static_cast<std::int64_t>(i)) != axes->end();
        if (!named && next == from.size()) fail_at(graph, node, "expected different axes, found one twice");
        dims.push_back(named ? 1 : from[next++]);
    }
    return dims;
}

Dims flattened(const PlainGraph& graph, const PlainNode& node, const Dims& from) {
    std::int64_t axis = node.integer("axis", 1);
    if (axis != static_cast<std::int64_t>(from.size())) axis = axis_of(graph, node, axis, from.size());
    PlainTensor part;
    part.dims = Dims(from.begin(), from.begin() + axis);
    const std::int64_t rows = element_count(graph, part);
    part.dims = Dims(from.begin() + axis, from.end());
    return {rows, element_count(graph, part)};
}

}  // namespace

std::optional<Dims> same_values_dims(const PlainGraph& graph, const PlainNode& node, const Dims& from) {
    if (node.op == "Squeeze") return squeezed(graph, node, from);
    if (node.op == "Unsqueeze") return unsqueezed(graph, node, from);
    if (node.op == "Flatten") return flattened(graph, node, from);
    if (node.op == "Reshape") return reshaped(graph, node, from);
    if (node.op == "Identity" || node.op == "Dropout") return from;
    return std::nullopt;
}

}  // namespace mobilenet_cost
