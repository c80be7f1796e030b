#pragma once

#include <optional>
#include <vector>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// Sizes of the two broadcast against each other, as NumPy does; absent: they do not fit.
[[nodiscard]] std::optional<Dims> broadcast(const Dims& left, const Dims& right);

/// The axes that a node names by its attribute, or by a constant input; negative ones count from the end.
/// Throws Error at the node for one that a tensor of this rank does not have.
[[nodiscard]] std::optional<Dims> axes_of(const PlainGraph& graph, const PlainNode& node, std::size_t input,
                                          std::size_t rank);
[[nodiscard]] std::int64_t axis_of(const PlainGraph& graph, const PlainNode& node, std::int64_t axis,
                                   std::size_t rank);

/// The order in which Transpose puts the axes of a tensor; absent: what it says is none.
[[nodiscard]] std::optional<Dims> order_of(const PlainNode& node, std::size_t rank);

/// Cut off at what 64 bits hold; not a number is 0.
[[nodiscard]] std::int64_t to_integer(double number);

/// A limit of Clip, by its attribute or an input; `none` where there is none. Absent: it is not known.
[[nodiscard]] std::optional<double> clip_limit(const PlainGraph& graph, const PlainNode& node,
                                               const std::string& name, std::size_t input, double none);

/// Whole numbers of a constant, at most some thousand.
[[nodiscard]] std::optional<Dims> integers_of(const PlainGraph& graph, PlainTensorId id);

/// A part of a tensor along one axis, as Slice says it.
struct SliceRange {
    std::size_t axis = 0;
    std::int64_t begin = 0;
    std::int64_t count = 0;
    std::int64_t step = 1;
};
[[nodiscard]] std::optional<std::vector<SliceRange>> slice_ranges(const PlainGraph& graph,
                                                                  const PlainNode& node, const Dims& dims);

/// The sizes that Reshape asks for, 0 and -1 worked out; absent: they are not known, or do not fit.
[[nodiscard]] std::optional<Dims> reshaped(const PlainGraph& graph, const PlainNode& node, const Dims& from);

/// The sizes behind Squeeze, Unsqueeze, Flatten, Reshape and Identity; absent: another operator, or not
/// known.
[[nodiscard]] std::optional<Dims> same_values_dims(const PlainGraph& graph, const PlainNode& node,
                                                   const Dims& from);

}  // namespace mobilenet_cost
