#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mobilenet_cost/import/plain_graph.h"
#include "mobilenet_cost/model/shape.h"

namespace mobilenet_cost {

// How a tensor of a file lies in a map of ours: which of the map's axes each of its dimensions runs through.
// Reshape, Transpose, Flatten and the like change the view alone, and no layer is needed for them; a layer
// that needs its input as a map asks whether the view is still that of one.

/// A part of a map's axis: `size` steps of `stride`. All of the channels is {'c', C, 1}.
struct Atom {
    char axis = 'c';  ///< n, h, w, c
    std::int64_t size = 1;
    std::int64_t stride = 1;

    bool operator==(const Atom&) const = default;
};

/// What one dimension runs through, the slowest first. Axes of size 1 are left out.
using ViewGroup = std::vector<Atom>;
using View = std::vector<ViewGroup>;

/// A dimension that runs through all of one axis.
[[nodiscard]] ViewGroup whole_axis(char axis, std::int64_t size);

/// Of a map as a tensor of `layout` has it, with so many dimensions: (n, c, w) and (n, c, h, w). Absent: a
/// tensor of that rank is no map.
[[nodiscard]] std::optional<View> map_view(const Shape& shape, PlainLayout layout, std::size_t rank);

/// Of what an operator writes whose meaning is not known, and the map that stands for it.
struct FreeView {
    View view;
    Shape shape;
};
[[nodiscard]] FreeView free_view(const Dims& dims, PlainLayout layout, std::int64_t batch);

/// The same with another size of one dimension, and what it runs through as large. Absent: it runs through
/// parts of axes that others run through, too.
[[nodiscard]] std::optional<FreeView> resized_view(const FreeView& from, std::size_t axis, std::int64_t size);

/// Absent: a dimension would have to run through axes that do not follow each other.
[[nodiscard]] std::optional<View> reshape_view(const View& view, const Dims& dims);
[[nodiscard]] View transpose_view(const View& view, const Dims& order);

/// Whether a tensor's values lie in the order of a map's pixels, each with its channels.
[[nodiscard]] bool by_pixels(const View& view, const Shape& shape);

/// Every axis that the group runs through, all of each and in any order.
[[nodiscard]] bool covers(const ViewGroup& group, const Shape& shape, std::string_view axes);

}  // namespace mobilenet_cost
