#include "mobilenet_cost/engine/native/int8/depthwise.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace mobilenet_cost {

namespace {

constexpr std::int32_t kOffset = -kLowestInt8;

/// Rows under the filters that have kernels of their own, in pairs.
constexpr std::size_t kMostRows = 6;

/// Null: no kernel of its own.
Int8Depthwise kernel_of(const Int8Kernels& kernels, const Conv& conv) {
    if (conv.dilation != 1 || conv.kernel.h != conv.kernel.w || conv.stride.h != conv.stride.w)
        return nullptr;
    if (conv.kernel == 3 && conv.stride == 1) return kernels.depthwise_3x3_1;
    if (conv.kernel == 3 && conv.stride == 2) return kernels.depthwise_3x3_2;
    if (conv.kernel == 5 && conv.stride == 1) return kernels.depthwise_5x5_1;
    if (conv.kernel == 5 && conv.stride == 2) return kernels.depthwise_5x5_2;
    return nullptr;
}

/// Each part of the packed weights begins at a cache line.
class Depthwise final : public Int8Layer {
  public:
    Depthwise(const Int8Options& options, const Layer& layer, const QuantisedLayer& quantised,
              std::int64_t pixel)
        : options_(options),
          layer_(layer),
          conv_(std::get<Conv>(layer.kind)),
          quantised_(quantised),
          output_(quantised.output),
          kernel_(kernel_of(*options.kernels, conv_)),
          block_(block_channels(*options.kernels)),
          pixel_(pixel) {}

    std::size_t weight_bytes() const override { return sizes()[0] + sizes()[1] + sizes()[2] + sizes()[3]; }

    void pack(std::byte* memory) override {
        const std::array<std::size_t, 4> size = sizes();
        weights_ = memory;
        bias_ = reinterpret_cast<std::int32_t*>(memory + size[0]);
        factors_ = reinterpret_cast<float*>(memory + size[0] + size[1]);
        zeros_ = reinterpret_cast<std::uint8_t*>(memory + size[0] + size[1] + size[2]);
        std::fill_n(zeros_, size[3], zero());
        for (std::int64_t c = 0; c < layer_.output.c; ++c) {
            std::int32_t sum = 0;
            for (std::int64_t tap = 0; tap < area(conv_.kernel); ++tap) {
                const std::int8_t weight =
                    quantised_.filter[static_cast<std::size_t>(tap * layer_.output.c + c)];
                set_weight(c, tap, weight);
                sum += weight;
            }
            const auto from = static_cast<std::size_t>(c);
            bias_[place(c)] = quantised_.bias[from] - zero() * sum;
            factors_[place(c)] = quantised_.factors[from];
        }
    }

    /// Rows of all images, in parts.
    NativeStep step(const Int8Views& views, const Int8Scratch&) const override {
        const std::int64_t rows = layer_.output.n * layer_.output.h;
        const std::int64_t work = element_count(layer_.output) * area(conv_.kernel);
        const std::int64_t parts = std::min(rows, wanted_tasks(options_.threads, work));
        return {.tasks = parts, .run = [this, views, rows, parts](std::int64_t task) {
                    const Range part = part_of(rows, parts, task);
                    for (std::int64_t row = part.begin; row < part.end; ++row) {
                        std::uint8_t* const out = views.output.values + row * layer_.output.w * pixel_;
                        (kernel_ != nullptr) ? run_row(views.input, row, out)
                                             : run_any(views.input, row, out);
                        output_.look_up(out, 1, 0, layer_.output.w * pixel_);
                    }
                }};
    }

    std::string name() const override {
        if (kernel_ == nullptr) return fmt::format("int8_depthwise:{}", options_.kernels->target);
        return fmt::format("int8_depthwise_{}_{}:{}", by_text(conv_.kernel), conv_.stride,
                           options_.kernels->target);
    }

  private:
    std::uint8_t zero() const { return static_cast<std::uint8_t>(quantised_.first_zero + kOffset); }
    std::int64_t row_pairs() const { return divide_up(conv_.kernel.h, 2); }

    /// Bytes of weights, biases, factors and the row of zeros.
    std::array<std::size_t, 4> sizes() const {
        const auto lines = [](std::int64_t bytes) {
            return static_cast<std::size_t>(divide_up(bytes, 64) * 64);
        };
        const std::int64_t weights = kernel_ != nullptr ? row_pairs() * 2 * conv_.kernel.w * pixel_ * 2
                                                        : area(conv_.kernel) * pixel_ * 4;
        const std::int64_t zeros = kernel_ != nullptr ? layer_.input.w * pixel_ : pixel_;
        return {lines(weights), lines(pixel_ * 4), lines(pixel_ * 4), lines(zeros)};
    }

    std::int64_t place(std::int64_t c) const {
        if (kernel_ == nullptr) return c;
        return c / block_ * block_ + place_in_block(c % block_, options_.kernels->lanes);
    }

    void set_weight(std::int64_t c, std::int64_t tap, std::int8_t weight) {
        if (kernel_ == nullptr) {
            reinterpret_cast<std::int32_t*>(weights_)[tap * pixel_ + c] = weight;
            return;
        }
        const std::int64_t kh = tap / conv_.kernel.w;
        const std::int64_t kw = tap % conv_.kernel.w;
        const std::int64_t in_block = place_in_block(c % block_, options_.kernels->lanes);
        const std::int64_t at =
            (((c / block_ * row_pairs() + kh / 2) * conv_.kernel.w + kw) * block_ + in_block) * 2 + kh % 2;
        reinterpret_cast<std::int16_t*>(weights_)[at] = weight;
    }

    /// The input under row `kh` of the filter for row `row` of the output; null: outside.
    const std::uint8_t* input_row(const Int8View& input, std::int64_t row, std::int64_t kh) const {
        const std::int64_t image = row / layer_.output.h;
        const std::int64_t y =
            row % layer_.output.h * conv_.stride.h - conv_.padding.top + kh * conv_.dilation.h;
        if (y < 0 || y >= layer_.input.h) return nullptr;
        return input.values + (image * layer_.input.h + y) * layer_.input.w * pixel_;
    }

    void run_row(const Int8View& input, std::int64_t row, std::uint8_t* out) const {
        std::array<const std::uint8_t*, kMostRows> rows;
        rows.fill(zeros_);
        for (std::int64_t kh = 0; kh < conv_.kernel.h; ++kh)
            if (const std::uint8_t* const line = input_row(input, row, kh))
                rows[static_cast<std::size_t>(kh)] = line;
        kernel_({.rows = rows.data(),
                 .zeros = zeros_,
                 .in_width = layer_.input.w,
                 .pixel = pixel_,
                 .left = -conv_.padding.left,
                 .weights = reinterpret_cast<const std::int16_t*>(weights_),
                 .bias = bias_,
                 .factors = factors_,
                 .finish = output_.finish,
                 .out = out,
                 .out_width = layer_.output.w});
    }

    void run_any(const Int8View& input, std::int64_t row, std::uint8_t* out) const {
        std::vector<const std::uint8_t*> taps(static_cast<std::size_t>(area(conv_.kernel)));
        for (std::int64_t x = 0; x < layer_.output.w; ++x) {
            for (std::size_t tap = 0; tap < taps.size(); ++tap) {
                const auto at = static_cast<std::int64_t>(tap);
                const std::uint8_t* const line = input_row(input, row, at / conv_.kernel.w);
                const std::int64_t column =
                    x * conv_.stride.w - conv_.padding.left + at % conv_.kernel.w * conv_.dilation.w;
                const bool inside = line != nullptr && column >= 0 && column < layer_.input.w;
                taps[tap] = inside ? line + column * pixel_ : zeros_;
            }
            options_.kernels->depthwise_any({.taps = taps.data(),
                                             .count = static_cast<std::int64_t>(taps.size()),
                                             .weights = reinterpret_cast<const std::int32_t*>(weights_),
                                             .bias = bias_,
                                             .factors = factors_,
                                             .finish = output_.finish,
                                             .out = out + x * pixel_,
                                             .pixel = pixel_});
        }
    }

    Int8Options options_;
    Layer layer_;
    Conv conv_;
    const QuantisedLayer& quantised_;
    Int8Output output_;
    Int8Depthwise kernel_;  // null: of any filter
    std::int64_t block_;
    std::int64_t pixel_;
    std::byte* weights_ = nullptr;
    std::int32_t* bias_ = nullptr;
    float* factors_ = nullptr;
    std::uint8_t* zeros_ = nullptr;
};

}  // namespace

std::unique_ptr<Int8Layer> plan_int8_depthwise(const Int8Options& options, const Layer& layer,
                                               const QuantisedLayer& quantised, std::int64_t pixel) {
    return std::make_unique<Depthwise>(options, layer, quantised, pixel);
}

}  // namespace mobilenet_cost
