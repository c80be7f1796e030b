#pragma once

#include <cstddef>
#include <string_view>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

/// The kinds of layers that sums are shown of.
enum class LayerClass {
    first_conv,
    depthwise,
    pointwise,
    squeeze_excite,
    classifier,
    element_wise,
    pooling,
    conv,
    attention,
};

template <>
inline constexpr std::array<std::string_view, 9> kEnumNames<LayerClass> = {
    "first_conv",   "depthwise", "pointwise", "squeeze_excite", "classifier",
    "element_wise", "pooling",   "conv",      "attention"};
[[nodiscard]] constexpr std::string_view layer_class_name(LayerClass layer_class) {
    return enum_name(layer_class);
}

[[nodiscard]] LayerClass layer_class(const Network& network, std::size_t layer);

}  // namespace mobilenet_cost
