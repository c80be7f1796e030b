#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// Zeros around one dimension, and what a window makes of it; 0 outputs: the window does not fit.
struct SpatialPadding {
    std::int64_t output = 0;
    std::int64_t before = 0;
    std::int64_t after = 0;
};

/// Of a window of `kernel` on a dimension of `size`.
[[nodiscard]] SpatialPadding pad(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                 PaddingRule rule);

/// Of a window on a map.
struct Window {
    Sides output;
    Padding padding;
};

/// A tensor that the next layer reads.
struct Tensor {
    TensorId id = 0;
    Shape shape;
};

/// Where a network with an output stride has come to.
struct Strides {
    std::int64_t reached = 1;   ///< product of the strides so far
    std::int64_t dilation = 1;  ///< of K x K convolutions: product of the strides that the output stride took
};

/// Gives the layers of one block to a sink: a network, or a running sum that keeps no layers. What expand()
/// knows of a variant (widths, dilation, padding) is decided here, layer by layer.
class LayerBuilder {
  public:
    /// Where layers go: both may be there, and neither need be.
    struct Sink {
        std::vector<Layer>* layers = nullptr;
        Cost* total = nullptr;
    };

    LayerBuilder(const ModelConfig& config, const Variant& variant, const Shape& input, const Sink& sink);

  protected:
    static constexpr std::int64_t kMostChannels = 1 << 28;

    struct ConvSpec {
        std::int64_t channels = 0;
        Sides kernel = 1;
        Sides stride = 1;
        bool depthwise = false;
        Sides dilation = 1;
        std::int64_t groups = 1;      ///< where not depthwise
        std::int64_t multiplier = 1;  ///< outputs for each input, where depthwise
        bool batch_norm = true;
        bool bias = false;
        const BlockPadding* padding = nullptr;  ///< null: the model's
    };

    /// Throws Error that names the block.
    [[noreturn]] void fail_here(const std::string& message) const;

    /// A width by the model's rule of rounding, or by another one.
    [[nodiscard]] std::int64_t rounded(double width) const;
    [[nodiscard]] std::int64_t rounded(double width, const Rounding& rounding) const;
    /// Channels of a block under the width multiplier.
    [[nodiscard]] std::int64_t scaled(std::int64_t channels,
                                      WidthScaling scaling = WidthScaling::always) const;
    /// Whether this is the first block, whose width alpha leaves alone.
    [[nodiscard]] bool keeps_first() const { return variant_.scope == AlphaScope::inner && block_ == 0; }
    /// So many times the channels of the last tensor.
    [[nodiscard]] std::int64_t expanded(double expansion) const;
    /// The value of a formula, at least `least`.
    [[nodiscard]] std::int64_t width_of(const WidthExpression& expression, std::int64_t least) const;

    /// Of `extent` rows and columns; fails where it does not fit.
    [[nodiscard]] Window window(const Sides& extent, const Sides& stride, const BlockPadding* padding,
                                const char* what) const;

    /// A layer of any kind; its output becomes the last tensor, as with all below.
    void push(const LayerKind& kind, Role role, Activation activation, const Tensor& from,
              const Shape& output, TensorId second = kNoTensor);
    void conv(Role role, const ConvSpec& spec, Activation activation);
    void pointwise(Role role, std::int64_t channels, Activation activation);
    void depthwise(Role role, std::int64_t kernel, std::int64_t stride, Activation activation);
    void pool(Role role);
    /// Pool, reduce, expand, multiply: as MobileNetV3 section 5.3 where the model says no more. `block` is
    /// what the block reads.
    void squeeze_excite(double ratio, const Tensor& block);
    void squeeze_to(std::int64_t squeezed);
    /// A sum with what the block reads, if it is `wanted` and shapes allow.
    void residual(const Tensor& from, bool wanted);

    const ModelConfig& config_;
    const Variant& variant_;
    Tensor input_;
    Tensor last_;
    Strides strides_;
    std::int32_t block_ = 0;
    Activation activation_ = Activation::none;  ///< of the block
    float slope_ = 0;                           ///< of its leaky ReLU
    bool dilated_ = false;                      ///< this block's stride is one that the output stride took

  private:
    Layer& begin(Role role, Activation activation, const Tensor& from, const Shape& output);
    void end(Layer& layer);
    void end_apart(Layer& layer);
    /// Nearly all windows are: by the model's rule, and the same along rows and columns.
    [[nodiscard]] Window square_window(std::int64_t extent, std::int64_t stride) const;
    [[noreturn]] void fail_no_room(const Sides& extent, const char* what) const;
    void follow(Activation activation);

    Sink sink_;
    Layer alone_;  ///< the last one, where no layers are kept
    TensorId layers_ = 0;
};

}  // namespace mobilenet_cost
