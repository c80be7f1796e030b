#include "mobilenet_cost/import/node_sizes.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/import/axes.h"
#include "mobilenet_cost/import/einsum.h"
#include "mobilenet_cost/import/operator_sets.h"
#include "mobilenet_cost/import/window.h"

namespace mobilenet_cost {
namespace {

using Sizes = std::optional<std::vector<Dims>>;

/// One node whose inputs have sizes.
struct NodeSizes {
    const PlainGraph& graph;
    const PlainNode& node;

    [[nodiscard]] bool knows(std::size_t index) const {
        const PlainTensorId id = node.input(index);
        return id != kNoPlainTensor && graph.tensor(id).dims.has_value();
    }
    [[nodiscard]] const Dims& dims(std::size_t index) const { return *graph.tensor(node.input(index)).dims; }

    [[noreturn]] void expected(const char* what, const Dims& found) const {
        fail_at(graph, node, fmt::format("expected {}, found {}", what, dims_text(found)));
    }

    /// A map has a batch, channels and one or more sides.
    [[nodiscard]] const Dims& map() const {
        if (dims(0).size() < 3) expected("a map with batch, channels, height and width", dims(0));
        return dims(0);
    }

    [[nodiscard]] Dims spatial() const {
        Dims sides;
        for (const std::size_t axis : map_axes(graph.layout, map().size()).spatial)
            sides.push_back(map()[axis]);
        return sides;
    }

    [[nodiscard]] Dims map_of(const std::vector<WindowSide>& sides, std::int64_t channels) const {
        const MapAxes axes = map_axes(graph.layout, map().size());
        Dims result = map();
        result[axes.channel] = channels;
        for (std::size_t i = 0; i < sides.size(); ++i)
            result[axes.spatial[i]] = sides[i].out;
        return result;
    }

    [[nodiscard]] std::int64_t channels() const {
        return map()[map_axes(graph.layout, map().size()).channel];
    }

    [[nodiscard]] Sizes conv(bool transposed) const {
        if (!knows(1)) return std::nullopt;
        const Dims& filter = dims(1);
        if (filter.size() != map().size()) expected("a filter with as many dimensions as its map", filter);
        const std::int64_t groups = node.integer("group", 1);
        const FilterAxes axes = filter_axes(node, filter.size());
        const std::int64_t inputs = filter[axes.inputs];
        const std::int64_t outputs = filter[axes.outputs];
        const std::int64_t whole = transposed ? inputs : outputs;  // of all groups
        if (groups < 1 || groups > channels() || channels() % groups != 0 || whole % groups != 0 ||
            inputs < 1 || outputs < 1 || inputs != (transposed ? channels() : channels() / groups))
            fail_at(graph, node,
                    fmt::format("expected a filter for {} channels in {} groups, found {}", channels(),
                                groups, dims_text(filter)));
        const Dims kernel = kernel_of(filter, axes);
        if (node.has("kernel_shape") && node.integers("kernel_shape", {}) != kernel)
            expected("a filter of its kernel_shape", filter);
        const auto sides = transposed ? transposed_window_of(graph, node, spatial(), kernel)
                                      : window_of(graph, node, spatial(), kernel);
        return {{map_of(sides, transposed ? outputs * groups : outputs)}};
    }

    [[nodiscard]] Sizes pool() const {
        const Dims result =
            map_of(window_of(graph, node, spatial(), node.integers("kernel_shape", {})), channels());
        return {{result, result}};
    }

    [[nodiscard]] Sizes global_pool() const {
        Dims result = map();
        for (const std::size_t axis : map_axes(graph.layout, result.size()).spatial)
            result[axis] = 1;
        return {{result}};
    }

    [[nodiscard]] Sizes same() const { return {{dims(0)}}; }

    [[nodiscard]] Sizes joined() const {
        Dims result = {};
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (!knows(i)) return std::nullopt;
            const auto both = broadcast(result, dims(i));
            if (!both)
                fail_at(graph, node,
                        fmt::format("expected sizes that fit each other, found {} and {}", dims_text(result),
                                    dims_text(dims(i))));
            result = *both;
        }
        return {{result}};
    }

    [[nodiscard]] Sizes concat() const {
        const auto axis =
            static_cast<std::size_t>(axis_of(graph, node, node.integer("axis", 1), dims(0).size()));
        Dims result = dims(0);
        for (std::size_t i = 1; i < node.inputs.size(); ++i) {
            if (!knows(i)) return std::nullopt;
            Dims part = dims(i);
            if (part.size() != result.size()) expected("parts with as many dimensions as the first", part);
            const std::int64_t more = std::exchange(part[axis], result[axis]);
            if (part != result) expected("parts that differ in no other size", dims(i));
            result[axis] += more;
        }
        return {{result}};
    }

    [[nodiscard]] Sizes split() const {
        const auto axis =
            static_cast<std::size_t>(axis_of(graph, node, node.integer("axis", 0), dims(0).size()));
        const std::int64_t size = dims(0)[axis];
        const auto count = static_cast<std::int64_t>(node.outputs.size());
        Dims parts = node.has("split") ? node.integers("split", {})
                                       : integers_of(graph, node.input(1)).value_or(Dims());
        if (parts.empty()) {
            parts.assign(node.outputs.size(), (size + count - 1) / count);
            parts.back() = size - (count - 1) * parts.front();
        }
        const bool good = parts.size() == node.outputs.size() &&
                          std::all_of(parts.begin(), parts.end(),
                                      [&](std::int64_t part) { return part >= 0 && part <= size; }) &&
                          std::accumulate(parts.begin(), parts.end(), std::int64_t{0}) == size;
        if (!good)
            fail_at(graph, node,
                    fmt::format("expected {} parts of {}, found {}", count, size, dims_text(parts)));
        std::vector<Dims> results;
        for (const std::int64_t part : parts) {
            results.push_back(dims(0));
            results.back()[axis] = part;
        }
        return results;
    }

    [[nodiscard]] Sizes slice() const {
        const auto ranges = slice_ranges(graph, node, dims(0));
        if (!ranges) return std::nullopt;
        Dims result = dims(0);
        for (const SliceRange& range : *ranges)
            result[range.axis] = range.count;
        return {{result}};
    }

    [[nodiscard]] Sizes transpose() const {
        const auto order = order_of(node, dims(0).size());
        if (!order) expected("each axis once in \"perm\"", node.integers("perm", {}));
        Dims result;
        for (const std::int64_t axis : *order)
            result.push_back(dims(0)[static_cast<std::size_t>(axis)]);
        return {{result}};
    }

    [[nodiscard]] Sizes gemm() const {
        if (!knows(1)) return std::nullopt;
        if (dims(0).size() != 2 || dims(1).size() != 2) expected("two matrices, the first", dims(0));
        const bool turn_a = node.integer("transA", 0) != 0;
        const bool turn_b = node.integer("transB", 0) != 0;
        if (dims(0)[turn_a ? 0 : 1] != dims(1)[turn_b ? 1 : 0])
            fail_at(graph, node,
                    fmt::format("expected matrices that fit each other, found {} and {}", dims_text(dims(0)),
                                dims_text(dims(1))));
        return {{{dims(0)[turn_a ? 1 : 0], dims(1)[turn_b ? 0 : 1]}}};
    }

    [[nodiscard]] Sizes matmul() const {
        if (!knows(1) || dims(0).size() < 2 || dims(1).size() < 2) return std::nullopt;
        Dims left = dims(0);
        Dims right = dims(1);
        if (node.integer("transB", 0) != 0) std::swap(right.back(), right[right.size() - 2]);
        const std::int64_t rows = left[left.size() - 2];
        const std::int64_t columns = right.back();
        const bool fits = left.back() == right[right.size() - 2];
        left.resize(left.size() - 2);
        right.resize(right.size() - 2);
        auto result = broadcast(left, right);
        if (!fits || !result)
            fail_at(graph, node,
                    fmt::format("expected matrices that fit each other, found {} and {}", dims_text(dims(0)),
                                dims_text(dims(1))));
        result->insert(result->end(), {rows, columns});
        return {{*result}};
    }

    [[nodiscard]] Sizes reduce() const {
        auto axes = axes_of(graph, node, 1, dims(0).size());
        if (!axes) return std::nullopt;
        const bool all = axes->empty();
        if (all && node.integer("noop_with_empty_axes", 0) != 0) return same();
        Dims result;
        for (std::size_t i = 0; i < dims(0).size(); ++i) {
            const bool named =
                std::find(axes->begin(), axes->end(), static_cast<std::int64_t>(i)) != axes->end();
            if (!named && !all) {
                result.push_back(dims(0)[i]);
            } else if (node.integer("keepdims", 1) != 0) {
                result.push_back(1);
            }
        }
        return {{result}};
    }

    /// `all`, with those of the axes instead.
    template <typename Value>
    [[nodiscard]] std::vector<Value> along(const Dims& axes, std::vector<Value> all,
                                           const std::vector<Value>& values) const {
        for (std::size_t i = 0; i < axes.size(); ++i)
            all[static_cast<std::size_t>(axis_of(graph, node, axes[i], all.size()))] = values[i];
        return all;
    }

    [[nodiscard]] Sizes resize() const {
        constexpr double kLargestSide = 1e6;
        const std::size_t rank = dims(0).size();
        const bool old = node.op == "Upsample" || node.inputs.size() == 2;
        const PlainTensorId scales_id = node.input(old ? 1 : 2);
        std::vector<double> scales;
        if (const auto* given = node.has("scales")
                                    ? std::get_if<std::vector<double>>(&node.attributes.at("scales"))
                                    : nullptr)
            scales = *given;
        if (scales.empty()) scales = numbers_of(graph, scales_id, 16).value_or(std::vector<double>());
        Dims result = integers_of(graph, node.input(3)).value_or(Dims());
        if (scales.empty() && result.empty()) return std::nullopt;
        if (node.has("axes")) {
            const Dims axes = node.integers("axes", {});
            if (std::max(scales.size(), result.size()) != axes.size()) return std::nullopt;
            if (!result.empty()) result = along(axes, dims(0), result);
            if (!scales.empty()) scales = along(axes, std::vector<double>(rank, 1), scales);
        }
        if (result.empty() && scales.size() == rank) {
            for (std::size_t i = 0; i < rank; ++i) {
                const double size = std::floor(static_cast<double>(dims(0)[i]) * scales[i]);
                if (!(size >= 1 && size <= kLargestSide))
                    fail_at(graph, node,
                            fmt::format("expected sizes of 1 to {}, found {}", kLargestSide, size));
                result.push_back(static_cast<std::int64_t>(size));
            }
        }
        const bool good =
            result.size() == rank && std::all_of(result.begin(), result.end(), [](std::int64_t size) {
                return size >= 1 && size <= static_cast<std::int64_t>(kLargestSide);
            });
        if (!good)
            fail_at(
                graph, node,
                fmt::format("expected {} sizes of 1 to {}, found {}", rank, kLargestSide, dims_text(result)));
        return {{result}};
    }

    [[nodiscard]] Sizes pad() const {
        const auto pads =
            node.has("pads") ? std::optional(node.integers("pads", {})) : integers_of(graph, node.input(1));
        if (!pads || node.input(3) != kNoPlainTensor) return std::nullopt;
        Dims result = dims(0);
        const std::size_t rank = result.size();
        if (pads->size() != 2 * rank) expected("two pads for each dimension", *pads);
        constexpr std::int64_t kMostPads = 1 << 20;
        for (std::size_t i = 0; i < rank; ++i) {
            if (std::max(std::abs((*pads)[i]), std::abs((*pads)[rank + i])) > kMostPads)
                expected("pads of at most 2^20", *pads);
            result[i] += (*pads)[i] + (*pads)[rank + i];
            if (result[i] < 0) expected("sizes that are not negative", result);
        }
        return {{result}};
    }

    [[nodiscard]] Sizes expand() const {
        const auto shape = integers_of(graph, node.input(1));
        if (!shape) return std::nullopt;
        const auto result = broadcast(dims(0), *shape);
        if (!result) expected("a shape that the input fits", *shape);
        return {{*result}};
    }

    [[nodiscard]] Sizes gather() const {
        if (!knows(1)) return std::nullopt;
        const auto axis = axis_of(graph, node, node.integer("axis", 0), dims(0).size());
        Dims result(dims(0).begin(), dims(0).begin() + axis);
        result.insert(result.end(), dims(1).begin(), dims(1).end());
        result.insert(result.end(), dims(0).begin() + axis + 1, dims(0).end());
        return {{result}};
    }

    /// As many as the indices have.
    [[nodiscard]] Sizes like(std::size_t index) const {
        return knows(index) ? Sizes({dims(index)}) : std::nullopt;
    }

    [[nodiscard]] Sizes gather_nd() const {
        if (!knows(1) || dims(1).empty() || node.integer("batch_dims", 0) != 0) return std::nullopt;
        const std::int64_t depth = dims(1).back();
        if (depth < 0 || depth > static_cast<std::int64_t>(dims(0).size()))
            expected("indices as long as there are dimensions", dims(1));
        Dims result(dims(1).begin(), dims(1).end() - 1);
        result.insert(result.end(), dims(0).begin() + depth, dims(0).end());
        return {{result}};
    }

    [[nodiscard]] Sizes places_of_largest() const {
        const auto axis =
            static_cast<std::size_t>(axis_of(graph, node, node.integer("axis", 0), dims(0).size()));
        Dims result = dims(0);
        result[axis] = 1;
        if (node.integer("keepdims", 1) == 0)
            result.erase(result.begin() + static_cast<std::ptrdiff_t>(axis));
        return {{result}};
    }

    [[nodiscard]] Sizes top_k() const {
        const auto axis =
            static_cast<std::size_t>(axis_of(graph, node, node.integer("axis", -1), dims(0).size()));
        const auto k =
            node.has("k") ? std::optional(Dims{node.integer("k", 0)}) : integers_of(graph, node.input(1));
        if (!k || k->size() != 1) return std::nullopt;
        Dims result = dims(0);
        if (k->front() < 0 || k->front() > result[axis]) expected("as many as there are", *k);
        result[axis] = k->front();
        return {{result, result}};
    }

    [[nodiscard]] Sizes tile() const {
        const auto repeats = integers_of(graph, node.input(1));
        if (!repeats) return std::nullopt;
        if (repeats->size() != dims(0).size()) expected("a number for each dimension", *repeats);
        constexpr std::int64_t kMostRepeats = 1 << 20;
        Dims result = dims(0);
        for (std::size_t i = 0; i < result.size(); ++i) {
            if ((*repeats)[i] < 0 || (*repeats)[i] > kMostRepeats) expected("at most 2^20 of each", *repeats);
            result[i] = checked_multiply(result[i], (*repeats)[i]);
        }
        return {{result}};
    }

    [[nodiscard]] Sizes einsum() const {
        const auto equation = read_einsum(graph, node);
        return equation ? Sizes({equation->dims}) : std::nullopt;
    }

    /// (steps, directions, batch, state), and the last states.
    [[nodiscard]] Sizes recurrent() const {
        if (!knows(1) || !knows(2) || dims(0).size() != 3 || dims(2).size() != 3 ||
            node.integer("layout", 0) != 0)
            return std::nullopt;
        const Dims state = {dims(2)[0], dims(0)[1], dims(2)[2]};
        return {{{dims(0)[0], state[0], state[1], state[2]}, state, state}};
    }

    /// (batch, channels, rows and columns of the grid)
    [[nodiscard]] Sizes grid_sample() const {
        if (!knows(1) || dims(1).size() != map().size()) return std::nullopt;
        Dims result = map();
        for (std::size_t i = 2; i < result.size(); ++i)
            result[i] = dims(1)[i - 1];
        return {{result}};
    }

    /// At most as many as the operator is asked for: (found, 3).
    [[nodiscard]] Sizes suppressed() const {
        const auto most = integers_of(graph, node.input(2));
        if (!knows(1) || dims(1).size() != 3 || !most || most->size() != 1) return std::nullopt;
        const std::int64_t each = std::clamp<std::int64_t>(most->front(), 0, dims(1)[2]);
        return {{{checked_multiply(checked_multiply(dims(1)[0], dims(1)[1]), each), 3}}};
    }

    [[nodiscard]] Sizes depth_to_space(bool back) const {
        const std::int64_t size = node.integer("blocksize", 0);
        if (map().size() != 4 || size < 1 || size > 1024) return std::nullopt;
        const MapAxes axes = map_axes(graph.layout, 4);
        Dims result = map();
        std::int64_t& channels = result[axes.channel];
        channels = back ? channels * size * size : channels / (size * size);
        for (const std::size_t side : axes.spatial)
            result[side] = back ? result[side] / size : result[side] * size;
        return {{result}};
    }
};

}  // namespace

Sizes node_sizes(const PlainGraph& graph, const PlainNode& node) {
    const NodeSizes sizes{graph, node};
    if (!sizes.knows(0)) return std::nullopt;
    if (keeps_sizes(node.op)) return sizes.same();
    if (broadcasts(node.op)) return sizes.joined();
    if (const auto dims = same_values_dims(graph, node, sizes.dims(0))) return {{*dims}};
    using Rule = Sizes (*)(const NodeSizes&);
    static const std::map<std::string, Rule> rules = {
        {"Conv", [](const NodeSizes& of) { return of.conv(false); }},
        {"ConvTranspose", [](const NodeSizes& of) { return of.conv(true); }},
        {"MaxPool", [](const NodeSizes& of) { return of.pool(); }},
        {"AveragePool", [](const NodeSizes& of) { return of.pool(); }},
        {"GlobalAveragePool", [](const NodeSizes& of) { return of.global_pool(); }},
        {"GlobalMaxPool", [](const NodeSizes& of) { return of.global_pool(); }},
        {"Concat", [](const NodeSizes& of) { return of.concat(); }},
        {"Split", [](const NodeSizes& of) { return of.split(); }},
        {"Slice", [](const NodeSizes& of) { return of.slice(); }},
        {"Transpose", [](const NodeSizes& of) { return of.transpose(); }},
        {"Gemm", [](const NodeSizes& of) { return of.gemm(); }},
        {"MatMul", [](const NodeSizes& of) { return of.matmul(); }},
        {"Resize", [](const NodeSizes& of) { return of.resize(); }},
        {"Upsample", [](const NodeSizes& of) { return of.resize(); }},
        {"Pad", [](const NodeSizes& of) { return of.pad(); }},
        {"Expand", [](const NodeSizes& of) { return of.expand(); }},
        {"Gather", [](const NodeSizes& of) { return of.gather(); }},
        {"DynamicQuantizeLinear",
         [](const NodeSizes& of) {
             return Sizes({of.dims(0), {}, {}});
         }},
        {"GatherElements", [](const NodeSizes& of) { return of.like(1); }},
        {"GatherND", [](const NodeSizes& of) { return of.gather_nd(); }},
        {"ArgMax", [](const NodeSizes& of) { return of.places_of_largest(); }},
        {"ArgMin", [](const NodeSizes& of) { return of.places_of_largest(); }},
        {"TopK", [](const NodeSizes& of) { return of.top_k(); }},
        {"Tile", [](const NodeSizes& of) { return of.tile(); }},
        {"Einsum", [](const NodeSizes& of) { return of.einsum(); }},
        {"LSTM", [](const NodeSizes& of) { return of.recurrent(); }},
        {"GRU", [](const NodeSizes& of) { return of.recurrent(); }},
        {"RNN", [](const NodeSizes& of) { return of.recurrent(); }},
        {"GridSample", [](const NodeSizes& of) { return of.grid_sample(); }},
        {"NonMaxSuppression", [](const NodeSizes& of) { return of.suppressed(); }},
        {"LpPool", [](const NodeSizes& of) { return of.pool(); }},
        {"GlobalLpPool", [](const NodeSizes& of) { return of.global_pool(); }},
        {"DepthToSpace", [](const NodeSizes& of) { return of.depth_to_space(false); }},
        {"SpaceToDepth", [](const NodeSizes& of) { return of.depth_to_space(true); }},
    };
    if (node.op.starts_with("Reduce")) return sizes.reduce();
    const auto found = rules.find(node.op);
    return found == rules.end() ? std::nullopt : found->second(sizes);
}

}  // namespace mobilenet_cost
