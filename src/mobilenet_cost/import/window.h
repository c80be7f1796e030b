#pragma once

#include <cstdint>
#include <vector>

#include "mobilenet_cost/import/plain_graph.h"

namespace mobilenet_cost {

/// Where the sizes of a map lie among a tensor's: batch, channels, and the others in their order.
struct MapAxes {
    std::size_t channel = 1;
    std::vector<std::size_t> spatial;
};
[[nodiscard]] MapAxes map_axes(PlainLayout layout, std::size_t rank);

/// Where the sizes of a convolution's filter lie: outputs, inputs (of a group; of ConvTranspose the outputs
/// are), and sides.
struct FilterAxes {
    std::size_t outputs = 0;
    std::size_t inputs = 1;
    std::vector<std::size_t> sides;
};

/// By the attribute "filter_order", whose letters are O, I and S for the sides: "OIS" where it has none,
/// "IOS" of ConvTranspose.
[[nodiscard]] FilterAxes filter_axes(const PlainNode& node, std::size_t rank);

/// The sides of a filter with these sizes.
[[nodiscard]] Dims kernel_of(const Dims& filter, const FilterAxes& axes);

/// A filter, or a window of pooling, along one side of a map.
struct WindowSide {
    std::int64_t in = 1;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t dilation = 1;
    std::int64_t before = 0;  ///< zeros
    std::int64_t after = 0;   ///< those included that ceil_mode adds
    std::int64_t out = 1;
    bool partial = false;  ///< ceil_mode adds some

    [[nodiscard]] std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

/// Of Conv, MaxPool, AveragePool. Throws Error at the node where an attribute has no such value, or the
/// window does not fit.
[[nodiscard]] std::vector<WindowSide> window_of(const PlainGraph& graph, const PlainNode& node,
                                                const Dims& spatial, const Dims& kernel);

/// Of ConvTranspose: `before` and `after` are cut off; `after` is that without output_padding.
[[nodiscard]] std::vector<WindowSide> transposed_window_of(const PlainGraph& graph, const PlainNode& node,
                                                           const Dims& spatial, const Dims& kernel);

/// What ConvTranspose adds behind each side.
[[nodiscard]] Dims output_padding_of(const PlainGraph& graph, const PlainNode& node, std::size_t sides);

}  // namespace mobilenet_cost
