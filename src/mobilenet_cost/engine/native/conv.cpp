#include "mobilenet_cost/engine/native/conv.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

namespace {

/// Most values of a row of taps that is one segment: one tap's few channels would be too short a loop.
constexpr std::int64_t kShortSegment = 32;
/// Pointers to segments for the rows of one block, and copies of segments across the border, on the stack.
constexpr std::int64_t kMostPointers = 2048;
constexpr std::int64_t kMostRows = 512;
constexpr std::int64_t kMostCopied = 4096;

struct Pixel {
    std::int64_t n = 0;
    std::int64_t y = 0;
    std::int64_t x = 0;
};

Pixel pixel_at(const Shape& shape, std::int64_t index) {
    return {index / (shape.h * shape.w), index / shape.w % shape.h, index % shape.w};
}

void advance(const Shape& shape, Pixel& pixel) {
    if (++pixel.x < shape.w) return;
    pixel.x = 0;
    if (++pixel.y < shape.h) return;
    pixel.y = 0;
    ++pixel.n;
}

/// The rows of one block, tile by tile, and where their segments lie.
class SegmentTable {
  public:
    SegmentTable(const NativeConv& conv, const ProductRows& part)
        : conv_(conv), input_(part.input), rows_(part.rows) {}

    /// For tiles of at most `most` rows.
    void build(int most) {
        count_ = 0;
        pointer_ = pointers_.data();
        copied_ = 0;
        if (rows_are_pixels(conv_.conv)) {
            add_dense_tiles(most);
        } else if (conv_.rows_of_taps) {
            add_lines(most);
        } else {
            add_tiles(rows_, most);
        }
    }

    std::span<const GemmTile> tiles() const { return {tiles_.data(), count_}; }

  private:
    /// Calls `add` with each tile of `rows`; their heights differ by at most one, and the high ones come
    /// first.
    template <typename Add>
    void cut(const Range& rows, int most, const Add& add) {
        const std::int64_t count = divide_up(rows.end - rows.begin, most);
        const std::int64_t low = (rows.end - rows.begin) / count;
        const std::int64_t high = (rows.end - rows.begin) % count;
        std::int64_t row = rows.begin;
        for (std::int64_t i = 0; i < count; ++i) {
            GemmTile& tile = tiles_[count_++];
            tile = {pointer_, 0, row - rows_.begin, low + (i < high ? 1 : 0)};
            row += tile.height;
            add(tile);
        }
    }

    /// Of a 1x1 convolution, rows follow each other as pixels do.
    void add_dense_tiles(int most) {
        const std::int64_t pixel = conv_.input.pixel;
        cut(rows_, most, [&](GemmTile& tile) {
            tile.step = pixel;
            for (std::int64_t piece = 0; piece < conv_.segments; ++piece)
                *pointer_++ = input_ + tile.row * pixel + piece * conv_.depth;
        });
    }

    /// No tile across two lines of the image: then most have a step, and their segments are found quickly.
    void add_lines(int most) {
        for (std::int64_t row = rows_.begin; row < rows_.end;) {
            const std::int64_t end = std::min(rows_.end, (row / conv_.out.w + 1) * conv_.out.w);
            add_tiles({row, end}, most);
            row = end;
        }
    }

    void add_tiles(const Range& rows, int most) {
        Pixel pixel = pixel_at(conv_.out, rows.begin);
        cut(rows, most, [&](GemmTile& tile) {
            if (inside(pixel, tile.height)) {
                tile.step = conv_.conv.stride.w * conv_.input.pixel;
                add_row(pixel, 1, pointer_);
                pointer_ += conv_.segments;
                pixel.x += tile.height - 1;
                advance(conv_.out, pixel);
                return;
            }
            for (std::int64_t row = 0; row < tile.height; ++row, advance(conv_.out, pixel))
                add_row(pixel, tile.height, pointer_ + row);
            pointer_ += tile.height * conv_.segments;
        });
    }

    /// Whether the windows of `count` pixels, from this one on, lie in one row and inside the image.
    bool inside(const Pixel& pixel, std::int64_t count) const {
        const Conv& conv = conv_.conv;
        const std::int64_t left = pixel.x * conv.stride.w - conv.padding.left;
        const Sides filter = effective_kernel(conv);
        const std::int64_t right = left + (count - 1) * conv.stride.w + filter.w;
        const std::int64_t top = pixel.y * conv.stride.h - conv.padding.top;
        return pixel.x + count <= conv_.out.w && left >= 0 && right <= conv_.in.w && top >= 0 &&
               top + filter.h <= conv_.in.h;
    }

    /// `at` points to the row's first segment, `stride` from each to the next.
    void add_row(const Pixel& pixel, std::int64_t stride, const float** at) {
        const Conv& conv = conv_.conv;
        const std::int64_t left = pixel.x * conv.stride.w - conv.padding.left;
        const std::int64_t top = pixel.y * conv.stride.h - conv.padding.top;
        for (std::int64_t kh = 0; kh < conv.kernel.h; ++kh) {
            const std::int64_t y = top + kh * conv.dilation.h;
            const bool inside = 0 <= y && y < conv_.in.h;
            const float* row =
                inside ? input_ + (pixel.n * conv_.in.h + y) * conv_.in.w * conv_.input.pixel : nullptr;
            if (conv_.rows_of_taps) {
                *at = inside ? row_of_taps(row, left) : conv_.zeros.data();
                at += stride;
            } else {
                at = add_taps(row, left, stride, at);
            }
        }
    }

    const float** add_taps(const float* row, std::int64_t left, std::int64_t stride, const float** at) {
        const std::int64_t pieces = conv_.in.c / conv_.depth;
        const std::int64_t dilation = conv_.conv.dilation.w;
        for (std::int64_t x = left; x < left + conv_.conv.kernel.w * dilation; x += dilation) {
            const bool inside = row != nullptr && 0 <= x && x < conv_.in.w;
            const float* tap = inside ? row + x * conv_.input.pixel : conv_.zeros.data();
            const std::int64_t step = inside ? conv_.depth : 0;
            for (std::int64_t piece = 0; piece < pieces; ++piece, at += stride)
                *at = tap + piece * step;
        }
        return at;
    }

    const float* row_of_taps(const float* row, std::int64_t left) {
        const std::int64_t channels = conv_.in.c;
        const std::int64_t right = left + conv_.conv.kernel.w;
        if (0 <= left && right <= conv_.in.w) return row + left * channels;
        float* copy = copies_.data() + copied_;
        copied_ += conv_.depth;
        std::fill_n(copy, conv_.depth, 0.0F);
        const std::int64_t first = std::max<std::int64_t>(left, 0);
        const std::int64_t last = std::min(right, conv_.in.w);
        if (first < last)
            std::copy(row + first * channels, row + last * channels, copy + (first - left) * channels);
        return copy;
    }

    const NativeConv& conv_;
    const float* input_;
    Range rows_;
    std::size_t count_ = 0;
    const float** pointer_ = nullptr;  // the next free one
    std::int64_t copied_ = 0;
    std::array<GemmTile, kMostRows> tiles_;
    std::array<const float*, kMostPointers> pointers_;
    std::array<float, kMostCopied> copies_;
};

/// A panel's place among the output channels.
struct Panel {
    std::int64_t channel = 0;  ///< its first
    int vectors = 0;
};

/// Runs of tiles of one height at a time.
void run_tiles(const NativeConv& conv, int vectors, GemmPanel task, std::span<const GemmTile> tiles) {
    const auto width = static_cast<std::size_t>(vectors);
    const auto& kernels = conv.kernels->gemm[width];
    if (conv.out.n * conv.out.h * conv.out.w == 1) {
        conv.kernels->gemm_row[width](task, tiles.data(), 1);
        return;
    }
    while (!tiles.empty()) {
        const std::int64_t height = tiles.front().height;
        std::size_t count = 1;
        while (count < tiles.size() && tiles[count].height == height)
            ++count;
        const auto run = static_cast<std::int64_t>(count);
        kernels[static_cast<std::size_t>(height)](task, tiles.data(), run);
        task.next += run * task.next_lines * kCacheLine;
        tiles = tiles.subspan(count);
    }
}

/// Cache lines that each tile fetches of the part that is multiplied next; 0 where so many at a time would
/// make the tile's own loads wait.
std::int64_t lines_per_tile(std::int64_t count, std::int64_t tiles) {
    constexpr std::int64_t kMost = 32;
    const std::int64_t lines = divide_up(count, kCacheLine * tiles);
    return lines <= kMost ? lines : 0;
}

/// One panel against every tile of the block, `chunk` segments at a time: the part of the panel that every
/// tile uses stays in the cache. Filters come from the last cache, or from memory: while one part is
/// multiplied, the next is fetched.
void run_panel(const NativeConv& conv, const ProductRows& part, const SegmentTable& table,
               const Panel& panel) {
    GemmPanel task;
    task.depth = conv.depth;
    task.stride = conv.output.pixel;
    task.filter = conv.filter + panel.channel * conv.segments * conv.depth;
    task.out = part.output + panel.channel;
    task.pixels =
        rows_are_pixels(conv.conv) && conv.segments == 1 && part.residual == nullptr && !conv.finish.curved;
    for (std::int64_t segment = 0; segment < conv.segments; segment += conv.chunk) {
        const bool last = segment + conv.chunk >= conv.segments;
        task.first_segment = segment;
        task.segments = std::min(conv.chunk, conv.segments - segment);
        task.start = segment == 0 ? conv.bias + panel.channel : task.out;
        task.start_stride = segment == 0 ? 0 : task.stride;
        task.finish = last ? &conv.finish : nullptr;
        if (last && part.residual != nullptr) task.residual = part.residual + panel.channel;
        const std::int64_t size = task.segments * conv.depth * panel.vectors * conv.kernels->lanes;
        task.next = task.filter + size;
        task.next_lines = lines_per_tile(size, static_cast<std::int64_t>(table.tiles().size()));
        run_tiles(conv, panel.vectors, task, table.tiles());
        task.filter += size;
    }
    finish_rows(*conv.kernels, conv.finish,
                {part.output + panel.channel, part.rows.end - part.rows.begin, task.stride,
                 panel.vectors * conv.kernels->lanes});
}

/// Segments of one row of the matrix: a row of taps each, or one tap, or an equal piece of one tap so that a
/// chunk of segments can be about as long as `longest`.
void cut_segments(NativeConv& plan, bool contiguous, std::int64_t longest) {
    const std::int64_t row = plan.conv.kernel.w * plan.in.c;
    plan.rows_of_taps =
        contiguous && plan.conv.kernel != 1 && plan.conv.dilation.w == 1 && row <= kShortSegment;
    if (plan.rows_of_taps) {
        plan.segments = plan.conv.kernel.h;
        plan.depth = row;
    } else {
        std::int64_t pieces = divide_up(plan.in.c, longest);
        while (plan.in.c % pieces != 0)
            ++pieces;
        plan.segments = area(plan.conv.kernel) * pieces;
        plan.depth = plan.in.c / pieces;
    }
    plan.chunk = std::clamp<std::int64_t>(longest / plan.depth, 1, plan.segments);
}

}  // namespace

std::int64_t wanted_tasks(int threads, std::int64_t work) {
    constexpr std::int64_t kLeast = std::int64_t{1} << 16;  // some microseconds; a barrier takes one
    return threads == 1 ? 1 : std::clamp<std::int64_t>(work / kLeast, 1, 4 * std::int64_t{threads});
}

NativeConv plan_native_conv(const Layer& layer, const Conv& conv, const NativeConvOptions& options) {
    NativeConv plan;
    plan.kernels = options.kernels;
    plan.in = layer.input;
    plan.out = layer.output;
    plan.conv = conv;
    const std::int64_t lanes = options.kernels->lanes;
    const std::int64_t rows = layer.output.n * layer.output.h * layer.output.w;
    const std::int64_t vectors = divide_up(layer.output.c, lanes);
    const std::int64_t length = area(conv.kernel) * layer.input.c;
    plan.panels = choose_panels(*options.kernels, options.core, rows, vectors, length);
    const std::int64_t widest = std::max(plan.panels[0].vectors, 1) * lanes;
    const std::int64_t float_bytes = sizeof(float);
    cut_segments(plan, options.in_pixel == layer.input.c, options.core.l2_bytes / 4 / (widest * float_bytes));
    if (plan.segments > kMostPointers)
        fail("native", "expected filters of at most " + std::to_string(kMostPointers) + " taps, found " +
                           std::to_string(plan.segments));
    plan.zeros.assign(static_cast<std::size_t>(plan.depth), 0.0F);

    const std::int64_t row_bytes = area(conv.stride) * layer.input.c * float_bytes;
    std::int64_t block = std::max<std::int64_t>(options.core.l2_bytes / 2 / row_bytes, 4 * kMaxTileRows);
    block = std::min({block, kMostPointers / plan.segments, kMostRows});
    if (plan.rows_of_taps) block = std::min(block, kMostCopied / (plan.segments * plan.depth));
    plan.block = std::max<std::int64_t>(block, 1);
    plan.blocks = divide_up(rows, plan.block);
    const std::int64_t wanted = wanted_tasks(options.threads, rows * length * layer.output.c);
    // A filter that is larger than the input is cut, rather than fetched by every thread.
    const bool wide = length * layer.output.c > rows * layer.input.c;
    if (plan.blocks < wanted && !wide) plan.blocks = std::min(wanted, divide_up(rows, 4 * kMaxTileRows));
    if (plan.blocks < wanted) {
        const std::int64_t panels = plan.panels[0].count + plan.panels[1].count;
        plan.parts = std::min(panels, divide_up(wanted, plan.blocks));
    }
    return plan;
}

std::int64_t packed_filter_size(const NativeConv& conv) {
    std::int64_t vectors = 0;
    for (const PanelGroup& group : conv.panels)
        vectors += group.count * group.vectors;
    return vectors * conv.kernels->lanes * conv.segments * conv.depth;
}

namespace {

/// Where row k of the dense matrix begins in the filter, and which output channels it has.
struct FilterRow {
    const float* values = nullptr;
    Range channels;
};

FilterRow filter_row(const NativeConv& conv, const std::vector<float>& filter, std::int64_t k) {
    const std::int64_t group_in = conv.in.c / conv.conv.groups;
    const std::int64_t group_out = conv.out.c / conv.conv.groups;
    const std::int64_t tap = k / conv.in.c;
    const std::int64_t group = k % conv.in.c / group_in;
    const std::int64_t row = tap * group_in + k % group_in;
    return {filter.data() + row * conv.out.c + group * group_out,
            {group * group_out, (group + 1) * group_out}};
}

/// In pieces of four, which most panels consist of: faster than a function call.
void copy_row(const float* from, std::int64_t count, float* to) {
    constexpr std::int64_t kPiece = 4;
    for (; count >= kPiece; count -= kPiece, from += kPiece, to += kPiece)
        std::memcpy(to, from, kPiece * sizeof(float));
    std::copy_n(from, count, to);
}

}  // namespace

// The packed filter was all zeros, so that its padding need not be written. The filter is read from front to
// end: it comes from memory.
void pack_filter(const NativeConv& conv, const std::vector<float>& filter, float* packed) {
    const std::int64_t length = conv.segments * conv.depth;
    for (std::int64_t k = 0; k < length; ++k) {
        const FilterRow row = filter_row(conv, filter, k);
        std::int64_t channel = 0;
        for (const PanelGroup& group : conv.panels) {
            const std::int64_t width = group.vectors * conv.kernels->lanes;
            for (std::int64_t i = 0; i < group.count; ++i, channel += width) {
                const std::int64_t begin = std::max(row.channels.begin, channel);
                const std::int64_t end = std::min(row.channels.end, channel + width);
                if (begin < end)
                    copy_row(row.values + (begin - row.channels.begin), end - begin,
                             packed + channel * length + k * width + (begin - channel));
            }
        }
    }
}

namespace {

/// Rows `rows` of a part, counted from its first.
ProductRows slice(const NativeConv& conv, ProductRows part, const Range& rows) {
    part.rows = {part.rows.begin + rows.begin, part.rows.begin + rows.end};
    if (rows_are_pixels(conv.conv)) part.input += rows.begin * conv.input.pixel;
    part.output += rows.begin * conv.output.pixel;
    if (part.residual != nullptr) part.residual += rows.begin * conv.output.pixel;
    return part;
}

/// Multiplies at most `block` rows.
void run_block(const NativeConv& conv, const ProductRows& part, const Range& panels) {
    SegmentTable table(conv, part);
    Panel panel;
    std::int64_t index = 0;
    for (const PanelGroup& group : conv.panels) {
        panel.vectors = group.vectors;
        const std::int64_t end = std::min(index + group.count, panels.end);
        if (index < end && panels.begin < end) table.build(group.rows);
        for (std::int64_t i = 0; i < group.count; ++i, ++index) {
            if (panels.begin <= index && index < panels.end) run_panel(conv, part, table, panel);
            panel.channel += group.vectors * conv.kernels->lanes;
        }
    }
}

}  // namespace

void run_rows(const NativeConv& conv, const ProductRows& part, const Range& panels) {
    const std::int64_t rows = part.rows.end - part.rows.begin;
    const std::int64_t blocks = divide_up(rows, conv.block);
    for (std::int64_t i = 0; i < blocks; ++i)
        run_block(conv, slice(conv, part, part_of(rows, blocks, i)), panels);
}

void run_task(const NativeConv& conv, std::int64_t task) {
    const std::int64_t rows = conv.out.n * conv.out.h * conv.out.w;
    const ProductRows whole{{0, rows}, conv.input.values, conv.output.values, conv.residual.values};
    run_rows(conv, slice(conv, whole, part_of(rows, conv.blocks, task % conv.blocks)),
             part_of(panel_count(conv), conv.parts, task / conv.blocks));
}

std::string kernel_name(const NativeConv& conv) {
    const auto& [wide, narrow] = conv.panels;
    const PanelGroup& group = wide.count * wide.vectors >= narrow.count * narrow.vectors ? wide : narrow;
    return "gemm_" + std::to_string(group.rows) + "x" + std::to_string(group.vectors * conv.kernels->lanes) +
           ":" + conv.kernels->target + (conv.conv.groups > 1 ? ", zeros between groups" : "");
}

}  // namespace mobilenet_cost
