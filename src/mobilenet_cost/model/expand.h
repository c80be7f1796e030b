#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

enum class AlphaScope {
    published,  ///< as the published models do; the config says which layers
    inner,      ///< the first convolution and the classifier keep their width
};

template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<AlphaScope> = {"published", "inner"};
[[nodiscard]] constexpr std::string_view alpha_scope_name(AlphaScope scope) {
    return enum_name(scope);
}

/// In what a network is built otherwise than its model file says.
struct Form {
    std::int64_t channels = 0;  ///< of the input; 0: the model's
    bool top = true;  ///< the first pooling between blocks and all behind it, the classifier above all
    /// Input size over that of the last map: strides beyond it become dilation, as TF-slim and timm do it.
    /// 0: the model's own.
    std::int64_t output_stride = 0;
    std::int64_t depth_multiplier = 1;  ///< outputs of a separable block's depthwise for each of its inputs
    bool make_separable = false;        ///< see made_separable()

    bool operator==(const Form&) const = default;
};

/// ", 1 channel, no top, output stride 16, depth multiplier 2": what is not the model's own; empty if all is.
[[nodiscard]] std::string form_text(const Form& form);

/// "classes 1000, 1 channel" and "1000 classes, 1 channel"; of a network without a top "no top, 1 channel".
[[nodiscard]] std::string head_text(std::int64_t classes, const Form& form);
[[nodiscard]] std::string classes_text(std::int64_t classes, const Form& form);

/// One network of a family.
struct Variant {
    double alpha = 1;            ///< width multiplier, > 0
    Resolution resolution = {};  ///< of the input; none: the model's native resolution
    std::int64_t classes = 1000;
    std::int64_t batch = 1;
    AlphaScope scope = AlphaScope::published;
    Form form = {};

    bool operator==(const Variant&) const = default;
};

/// "alpha 0.5 at 160 px", and "mobilenet_v1 alpha 0.5 at 160 px".
[[nodiscard]] std::string variant_text(double alpha, const Resolution& resolution);
[[nodiscard]] std::string variant_text(std::string_view model, double alpha, const Resolution& resolution);

/// Far beyond any mobile network; within them every count below is exact or an Error.
inline constexpr double kLargestAlpha = 1000;
inline constexpr std::int64_t kLargestBatch = 1'000'000;
inline constexpr std::int64_t kMostInputChannels = 1 << 20;
inline constexpr std::int64_t kLargestDepthMultiplier = 1000;
inline constexpr std::array<std::int64_t, 3> kOutputStrides = {8, 16, 32};

/// Throws Error when a value is out of range (alpha not finite or <= 0, resolution or batch < 1 ...) or the
/// network does not exist (a count overflows, a map shrinks to nothing).
[[nodiscard]] Network expand(const ModelConfig& config, const Variant& variant);

/// The same into a network that keeps its storage: no allocation once it has grown.
void expand_into(const ModelConfig& config, const Variant& variant, Network& network);

/// Totals alone, without building the network: the same numbers as total_cost(expand(config, variant)).
[[nodiscard]] Cost total_cost(const ModelConfig& config, const Variant& variant);

/// The channel count of a width of v channels under a rounding rule. Sources: TF-slim mobilenet_v1.py
/// (`truncate`) and mobilenet/mobilenet.py `_make_divisible` (`divisible`).
[[nodiscard]] std::int64_t round_channels(double v, const Rounding& rounding);

/// Resolution multiplier to pixels, rounded to the nearest.
[[nodiscard]] Resolution resolution_of_beta(const ModelConfig& config, double beta);

}  // namespace mobilenet_cost
