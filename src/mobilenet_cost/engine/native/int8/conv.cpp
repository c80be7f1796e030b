#include "mobilenet_cost/engine/native/int8/conv.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace mobilenet_cost {

namespace {

constexpr std::int32_t kOffset = -kLowestInt8;

/// Places that packed arrays begin at are multiples of a cache line.
constexpr std::int64_t kLine = 64;

/// Lines of a window that are widened together.
constexpr std::int64_t kMostLines = 8;

/// A row of the matrix is as long as a pixel, which comes in multiples of this too, where that has few
/// channels: all of a block are then widened at once.
constexpr std::int64_t kRowMultiple = 16;

/// Bytes of `count` values, in whole cache lines.
template <typename Value>
std::size_t lines_of(std::int64_t count) {
    const std::int64_t bytes = count * static_cast<std::int64_t>(sizeof(Value));
    return static_cast<std::size_t>(divide_up(bytes, kLine) * kLine);
}

class Product final : public Int8Layer {
  public:
    Product(const Int8Options& options, const Layer& layer, const QuantisedLayer& quantised,
            std::int64_t l2_bytes)
        : options_(options),
          layer_(layer),
          conv_(std::get<Conv>(layer.kind)),
          quantised_(quantised),
          output_(quantised.output),
          channels_(block_channels(*options.kernels)),
          depth_(area(conv_.kernel) * layer.input.c),
          pairs_(divide_up(depth_, 2)),
          row_(divide_up(2 * pairs_, kRowMultiple) * kRowMultiple),
          panels_(divide_up(layer.output.c, channels_)),
          rows_(layer.output.n * layer.output.h * layer.output.w) {
        plan_tasks(l2_bytes);
    }

    std::size_t weight_bytes() const override {
        return filter_bytes() + lines_of<std::int32_t>(panels_ * channels_) +
               lines_of<float>(panels_ * channels_);
    }
    std::int64_t scratch_bytes() const override {
        return block_ * row_ * static_cast<std::int64_t>(sizeof(std::int16_t));
    }

    void pack(std::byte* memory) override {
        filter_ = reinterpret_cast<std::int16_t*>(memory);
        bias_ = reinterpret_cast<std::int32_t*>(memory + filter_bytes());
        factors_ =
            reinterpret_cast<float*>(memory + filter_bytes() + lines_of<std::int32_t>(panels_ * channels_));
        const std::int64_t out = layer_.output.c;
        const std::int64_t of_group = layer_.input.c / conv_.groups;
        for (std::int64_t o = 0; o < out; ++o) {
            const std::int64_t group = o / (out / conv_.groups);
            std::int32_t sum = 0;
            for (std::int64_t i = 0; i < area(conv_.kernel) * of_group; ++i) {
                const std::int8_t weight = quantised_.filter[static_cast<std::size_t>(i * out + o)];
                const std::int64_t k = i / of_group * layer_.input.c + group * of_group + i % of_group;
                filter_[filter_place(o, k)] = weight;
                sum += weight;
            }
            const auto from = static_cast<std::size_t>(o);
            bias_[place(o)] = quantised_.bias[from] - (quantised_.first_zero + kOffset) * sum;
            factors_[place(o)] = quantised_.factors[from];
        }
    }

    NativeStep step(const Int8Views& views, const Int8Scratch& scratch) const override {
        return {.tasks = blocks_ * parts_, .run = [this, views, &scratch](std::int64_t task) {
                    scratch.with_slot([&](std::byte* slot) {
                        run(views, part_of(rows_, blocks_, task / parts_),
                            part_of(panels_, parts_, task % parts_), reinterpret_cast<std::int16_t*>(slot));
                    });
                }};
    }

    std::string name() const override {
        return fmt::format("int8_gemm_{}x{}:{}", options_.kernels->rows, channels_, options_.kernels->target);
    }

  private:
    /// Blocks of rows that fit half the L2 cache. Each part of the panels widens the rows for itself, so that
    /// there are several only where there are too few blocks.
    void plan_tasks(std::int64_t l2_bytes) {
        const std::int64_t tile = options_.kernels->rows;
        const std::int64_t row_bytes = row_ * static_cast<std::int64_t>(sizeof(std::int16_t));
        const std::int64_t fit = std::max<std::int64_t>(1, l2_bytes / 2 / row_bytes / tile) * tile;
        const std::int64_t wanted = wanted_tasks(options_.threads, rows_ * depth_ * layer_.output.c);
        const std::int64_t tiles = divide_up(rows_, tile);
        blocks_ = std::min(tiles, std::max(divide_up(rows_, fit), std::min(wanted, divide_up(tiles, 4))));
        parts_ = std::min(panels_, divide_up(wanted, blocks_));
        block_ = divide_up(rows_, blocks_);
    }

    std::size_t filter_bytes() const { return lines_of<std::int16_t>(panels_ * pairs_ * 2 * channels_); }
    std::int64_t place(std::int64_t o) const {
        return o / channels_ * channels_ + place_in_block(o % channels_, options_.kernels->lanes);
    }
    std::int64_t filter_place(std::int64_t o, std::int64_t k) const {
        const std::int64_t in_block = place_in_block(o % channels_, options_.kernels->lanes);
        return ((o / channels_ * pairs_ + k / 2) * channels_ + in_block) * 2 + k % 2;
    }

    void run(const Int8Views& views, const Range& rows, const Range& panels, std::int16_t* matrix) const {
        const std::int64_t count = rows.end - rows.begin;
        if (rows_are_pixels(conv_) && views.input.pixel == row_) {  // all at once
            options_.kernels->widen(views.input.values + rows.begin * row_, count * row_, matrix);
        } else {
            gather_rows(views.input, rows, matrix);
        }
        Int8Panel panel{.row = row_, .pairs = pairs_, .finish = output_.finish, .stride = views.output.pixel};
        const std::int64_t tile = options_.kernels->rows;
        for (std::int64_t p = panels.begin; p < panels.end; ++p) {
            panel.filter = filter_ + p * pairs_ * 2 * channels_;
            panel.bias = bias_ + p * channels_;
            panel.factors = factors_ + p * channels_;
            std::uint8_t* const first = views.output.values + rows.begin * panel.stride + p * channels_;
            panel.tiles = count / tile;
            panel.rows = matrix;
            panel.out = first;
            if (panel.tiles > 0) options_.kernels->gemm[static_cast<std::size_t>(tile)](panel);
            const std::int64_t done = panel.tiles * tile;
            panel.tiles = 1;
            panel.rows = matrix + done * row_;
            panel.out = first + done * panel.stride;
            if (done < count) options_.kernels->gemm[static_cast<std::size_t>(count - done)](panel);
            output_.look_up(first, count, panel.stride, channels_);
        }
    }

    /// Line by line of the output: of a dense input, windows inside the image at once.
    void gather_rows(const Int8View& input, const Range& rows, std::int16_t* matrix) const {
        const std::int64_t width = layer_.output.w;
        for (std::int64_t row = rows.begin; row < rows.end;) {
            const std::int64_t end = std::min(rows.end, (row / width + 1) * width);
            const Range inside = windows_inside(input, row, end);
            for (; row < end; ++row) {
                if (row == inside.begin && inside.begin < inside.end) {
                    widen_windows(input, inside, matrix + (row - rows.begin) * row_);
                    row = inside.end - 1;
                } else {
                    gather(input, row, matrix + (row - rows.begin) * row_);
                }
            }
        }
    }

    /// Those of the outputs from `begin` to `end`, of one line, whose windows are inside the image and lie in
    /// memory as a row of the matrix does; empty: gather() does them all.
    Range windows_inside(const Int8View& input, std::int64_t begin, std::int64_t end) const {
        const Shape& in = layer_.input;
        const std::int64_t y = begin / layer_.output.w % layer_.output.h * conv_.stride.h - conv_.padding.top;
        const bool dense = input.pixel == in.c && conv_.dilation == 1 && conv_.kernel.h <= kMostLines;
        if (!dense || y < 0 || y + conv_.kernel.h > in.h) return {};
        const std::int64_t line = begin / layer_.output.w * layer_.output.w;
        const std::int64_t first = divide_up(conv_.padding.left, conv_.stride.w);
        const std::int64_t room = in.w - conv_.kernel.w + conv_.padding.left;
        if (room < 0) return {};
        return {std::max(begin, line + first), std::min(end, line + room / conv_.stride.w + 1)};
    }

    void widen_windows(const Int8View& input, const Range& outputs, std::int16_t* to) const {
        const Shape& in = layer_.input;
        const std::int64_t x = outputs.begin % layer_.output.w * conv_.stride.w - conv_.padding.left;
        const std::int64_t line = outputs.begin / layer_.output.w;
        const std::int64_t y = line % layer_.output.h * conv_.stride.h - conv_.padding.top;
        std::array<const std::uint8_t*, kMostLines> lines{};
        for (std::int64_t kh = 0; kh < conv_.kernel.h; ++kh)
            lines[static_cast<std::size_t>(kh)] =
                input.values + ((line / layer_.output.h * in.h + y + kh) * in.w + x) * in.c;
        const std::int64_t count = outputs.end - outputs.begin;
        options_.kernels->widen_windows({.lines = lines.data(),
                                         .line_count = conv_.kernel.h,
                                         .count = conv_.kernel.w * in.c,
                                         .step = conv_.stride.w * in.c,
                                         .outputs = count,
                                         .to = to,
                                         .row = row_});
        if (depth_ % 2 == 0) return;
        for (std::int64_t i = 0; i < count; ++i)
            to[i * row_ + depth_] = 0;  // times weights that are 0
    }

    /// The values behind one pixel of the output, tap by tap; outside the image they are zero points.
    void gather(const Int8View& input, std::int64_t row, std::int16_t* to) const {
        const Shape& in = layer_.input;
        if (depth_ % 2 != 0) to[depth_] = 0;  // times weights that are 0
        if (rows_are_pixels(conv_)) {
            options_.kernels->widen(input.values + row * input.pixel, in.c, to);
            return;
        }
        const std::int64_t x = row % layer_.output.w * conv_.stride.w - conv_.padding.left;
        const std::int64_t line = row / layer_.output.w;
        const std::int64_t y = line % layer_.output.h * conv_.stride.h - conv_.padding.top;
        const std::uint8_t* const image = input.values + line / layer_.output.h * in.h * in.w * input.pixel;
        for (std::int64_t kh = 0; kh < conv_.kernel.h; ++kh, to += conv_.kernel.w * in.c) {
            const std::int64_t at = y + kh * conv_.dilation.h;
            const bool inside = at >= 0 && at < in.h;
            gather_row(inside ? image + at * in.w * input.pixel : nullptr, input.pixel, x, to);
        }
    }

    /// One row of taps; null: outside.
    void gather_row(const std::uint8_t* line, std::int64_t pixel, std::int64_t x, std::int16_t* to) const {
        const Shape& in = layer_.input;
        const auto zero = static_cast<std::int16_t>(quantised_.first_zero + kOffset);
        const std::int64_t columns = conv_.kernel.w;
        const bool dense = pixel == in.c && conv_.dilation.w == 1;
        if (line != nullptr && dense && x >= 0 && x + columns <= in.w) {
            options_.kernels->widen(line + x * pixel, columns * in.c, to);
            return;
        }
        for (std::int64_t kw = 0; kw < columns; ++kw, to += in.c) {
            const std::int64_t at = x + kw * conv_.dilation.w;
            if (line == nullptr || at < 0 || at >= in.w) {
                std::fill_n(to, in.c, zero);
            } else {
                options_.kernels->widen(line + at * pixel, in.c, to);
            }
        }
    }

    Int8Options options_;
    Layer layer_;
    Conv conv_;
    const QuantisedLayer& quantised_;
    Int8Output output_;
    std::int64_t channels_;  // of a panel
    std::int64_t depth_;     // values of a row
    std::int64_t pairs_;
    std::int64_t row_;  // from a row to the next, in values
    std::int64_t panels_;
    std::int64_t rows_;
    std::int64_t block_ = 1;  // most rows of a task
    std::int64_t blocks_ = 1;
    std::int64_t parts_ = 1;
    std::int16_t* filter_ = nullptr;
    std::int32_t* bias_ = nullptr;
    float* factors_ = nullptr;
};

}  // namespace

std::unique_ptr<Int8Layer> plan_int8_conv(const Int8Options& options, const Layer& layer,
                                          const QuantisedLayer& quantised, std::int64_t l2_bytes) {
    return std::make_unique<Product>(options, layer, quantised, l2_bytes);
}

}  // namespace mobilenet_cost
