#include "mobilenet_cost/engine/native/bands.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace mobilenet_cost {

namespace {

/// The longest chain of layers.
constexpr std::size_t kMostBandLayers = 32;

bool is_product(const Layer& layer) {
    return std::holds_alternative<Conv>(layer.kind) && !is_depthwise(layer);
}

bool runs_per_pixel(const Layer& layer) {
    return is_product(layer) && rows_are_pixels(std::get<Conv>(layer.kind));
}

/// Whether layer `reader` reads what the layer before computes, and no other layer does.
bool reads_alone(const Network& network, const std::vector<std::size_t>& last_uses, std::size_t reader) {
    const Layer& layer = network.layers[reader];
    return reader > 0 && layer.inputs[0] == static_cast<TensorId>(reader) && layer.inputs[1] == kNoTensor &&
           last_uses[reader] == reader;
}

/// Bands pay from this many times the L2 cache: below, the rings cost more than the L3 cache does
/// (docs/kernels.md).
constexpr std::int64_t kWorthBands = 4;

std::int64_t image_bytes(const Shape& shape) {
    return element_count(shape) / shape.n * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

std::vector<LayerRange> banded_layers(const Network& network, const std::vector<std::size_t>& last_uses,
                                      const CoreModel& core) {
    std::vector<LayerRange> bands;
    for (std::size_t i = 0; i + 1 < network.layers.size(); ++i) {
        const Layer& depthwise = network.layers[i];
        const bool pair = is_plain_depthwise(depthwise) && runs_per_pixel(network.layers[i + 1]) &&
                          reads_alone(network, last_uses, i + 1);
        const std::int64_t read = pair ? image_bytes(depthwise.input) : 0;
        if (!pair || read + image_bytes(depthwise.output) <= kWorthBands * core.l2_bytes) continue;
        LayerRange range{i, i + 2};
        const bool joins = reads_alone(network, last_uses, i) && read > kWorthBands * core.l2_bytes;
        const bool follows = !bands.empty() && bands.back().end == i;
        if (joins && follows && range.end - bands.back().begin <= kMostBandLayers) {
            bands.back().end = range.end;
            continue;
        }
        if (joins && !follows && is_product(network.layers[i - 1])) --range.begin;
        bands.push_back(range);
    }
    return bands;
}

namespace {

/// About how many pixels are computed at a time: enough for the tiles of a product to use each panel that
/// they fetch often, and few enough for the rows of several layers to stay in the L2 cache.
constexpr std::int64_t kBandPixels = 112;

const Shape& out_shape(const BandLayer& layer) {
    return layer.product != nullptr ? layer.product->out : layer.depthwise.out;
}

/// Floats in a row of the output.
std::int64_t row_size(const BandLayer& layer) {
    const std::int64_t pixel =
        layer.product != nullptr ? layer.product->output.pixel : layer.depthwise.row.pixel;
    return out_shape(layer).w * pixel;
}

/// Rows of the input that rows [begin, end) of the output are computed from.
Range rows_under(const BandLayer& layer, std::int64_t begin, std::int64_t end) {
    if (layer.product != nullptr) return {begin, end};
    const Conv& conv = layer.depthwise.conv;
    return {std::max<std::int64_t>(0, begin * conv.stride.h - conv.padding.top),
            std::clamp<std::int64_t>((end - 1) * conv.stride.h - conv.padding.top + effective_kernel(conv).h,
                                     0, layer.depthwise.in.h)};
}

std::int64_t multiply_adds(const BandLayer& layer) {
    const std::int64_t taps = layer.product != nullptr ? layer.product->segments * layer.product->depth
                                                       : area(layer.depthwise.conv.kernel);
    return element_count(out_shape(layer)) * taps;
}

std::vector<BandRows> plan_rows(const std::vector<BandLayer>& layers) {
    std::vector<BandRows> rows(layers.size());
    for (std::size_t i = layers.size(); i-- > 0;) {
        const Shape& out = out_shape(layers[i]);
        rows[i].rows = std::clamp<std::int64_t>((kBandPixels + out.w / 2) / out.w, 1, out.h);
        if (i + 1 == layers.size()) continue;
        if (layers[i + 1].product != nullptr) {
            rows[i].rows = rows[i + 1].rows;
            rows[i].capacity = rows[i].rows;
            continue;
        }
        const Conv& conv = layers[i + 1].depthwise.conv;
        const std::int64_t read = (rows[i + 1].rows - 1) * conv.stride.h + effective_kernel(conv).h;
        // Room for rows that are computed ahead; rows that are computed together do not cross the ring's end.
        const std::int64_t kept = divide_up(read + rows[i].rows - 1, rows[i].rows) * rows[i].rows;
        rows[i].capacity = std::min(out.h, kept);
    }
    return rows;
}

}  // namespace

/// Some rows of the last layer, of one image, and all that they need.
class BandTask {
  public:
    BandTask(const NativeBands& bands, std::int64_t image, const Range& rows, float* scratch)
        : bands_(bands), image_(image), count_(bands.layers_.size()) {
        std::int64_t first = rows.begin;
        std::int64_t end = rows.end;
        for (std::size_t i = count_; i-- > 0;) {
            done_[i] = first;
            ends_[i] = end;
            places_[i] = {scratch + bands.rows_[i].offset, row_size(bands.layers_[i]),
                          bands.rows_[i].capacity, first};
            end = rows_under(bands.layers_[i], first, end).end;
            first = rows_under(bands.layers_[i], first, first + 1).begin;
        }
        const Shape& out = out_shape(bands.layers_.back());
        const std::int64_t out_row = places_[count_ - 1].row;
        places_[count_ - 1] = {bands.views_.output.values + image * out.h * out_row, out_row, out.h, 0};
    }

    void run(std::int64_t end) { produce(count_ - 1, end); }

  private:
    /// Rows of one layer's output up to `end`, and those that are computed together with them.
    void produce(std::size_t i, std::int64_t end) {
        const BandLayer& layer = bands_.layers_[i];
        while (done_[i] < end) {
            const Range rows{done_[i], std::min(ends_[i], done_[i] + bands_.rows_[i].rows)};
            if (i > 0) produce(i - 1, rows_under(layer, rows.begin, rows.end).end);
            timed(i, [&] { compute(i, rows); });
            done_[i] = rows.end;
        }
    }

    void compute(std::size_t i, const Range& rows) {
        const BandLayer& layer = bands_.layers_[i];
        if (layer.product != nullptr) {
            multiply(i, rows);
            return;
        }
        // The layer behind has read all earlier rows.
        if (i + 1 < count_) places_[i].origin = rows.begin;
        const ImageRows in = i == 0 ? input_rows(layer.depthwise.in) : places_[i - 1];
        for (std::int64_t y = rows.begin; y < rows.end; ++y)
            run_row(layer.depthwise, in, y, {0, layer.depthwise.row.pixel}, places_[i].at(y));
    }

    ImageRows input_rows(const Shape& in) const {
        const std::int64_t row = in.w * bands_.views_.input.pixel;
        return {bands_.views_.input.values + image_ * in.h * row, row, in.h, 0};
    }

    /// One piece for each stretch of rows that are neighbours in memory.
    void multiply(std::size_t i, const Range& rows) {
        const NativeConv& conv = *bands_.layers_[i].product;
        const bool last = i + 1 == count_;
        const std::int64_t width = conv.out.w;
        for (std::int64_t y = rows.begin; y < rows.end;) {
            const std::int64_t capacity = places_[i].capacity;
            const std::int64_t end = std::min(rows.end, y + capacity - (y - places_[i].origin) % capacity);
            const std::int64_t first = (image_ * conv.out.h + y) * width;
            ProductRows part{{first, first + (end - y) * width}, nullptr, places_[i].at(y)};
            if (i > 0) {
                part.input = places_[i - 1].at(y);
            } else {
                part.input = bands_.views_.input.values;
                if (rows_are_pixels(conv.conv)) part.input += first * conv.input.pixel;
            }
            if (last && bands_.views_.residual.values != nullptr)
                part.residual = bands_.views_.residual.values + first * conv.output.pixel;
            run_rows(conv, part, {0, panel_count(conv)});
            y = end;
        }
    }

    template <typename Compute>
    void timed(std::size_t i, const Compute& compute) {
        if (!bands_.times_->on) {
            compute();
            return;
        }
        const auto start = std::chrono::steady_clock::now();
        compute();
        const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
        bands_.times_->nanoseconds[i].fetch_add(spent.count(), std::memory_order_relaxed);
    }

    const NativeBands& bands_;
    std::int64_t image_;
    std::size_t count_;
    std::array<std::int64_t, kMostBandLayers> done_ = {};  // by layer: the first row not computed yet
    std::array<std::int64_t, kMostBandLayers> ends_ = {};  // behind the last one that is needed
    std::array<ImageRows, kMostBandLayers> places_ = {};   // of each layer's output
};

NativeBands::NativeBands(std::vector<BandLayer> layers, int threads)
    : layers_(std::move(layers)), rows_(plan_rows(layers_)), threads_(threads) {
    std::vector<std::size_t> indexes;
    std::int64_t work = 0;
    bool repeats = false;  // rows at the edges of tasks are computed by both
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        rows_[i].offset = thread_size_;
        thread_size_ += divide_up(rows_[i].capacity * row_size(layers_[i]), kCacheLine) * kCacheLine;
        indexes.push_back(layers_[i].layer);
        work += multiply_adds(layers_[i]);
        repeats = repeats || (i > 0 && layers_[i].product == nullptr);
    }
    const Shape& out = out_shape(layers_.back());
    const std::int64_t most = repeats ? threads : 4 * threads;
    parts_ = std::min({wanted_tasks(threads, work / out.n), divide_up(most, out.n), out.h});
    taken_ = std::make_unique<std::atomic<bool>[]>(static_cast<std::size_t>(threads));
    times_ = std::make_shared<PartTimes>(std::move(indexes));
}

NativeStep NativeBands::step(const BandViews& views, float* scratch) {
    views_ = views;
    scratch_ = scratch;
    const auto run = [this](std::int64_t task) { this->run(task); };
    return {.tasks = out_shape(layers_.back()).n * parts_, .run = run, .parts = times_};
}

void NativeBands::run(std::int64_t task) {
    std::int64_t slot = 0;  // no more tasks at the same time than threads
    while (taken_[static_cast<std::size_t>(slot)].exchange(true, std::memory_order_acquire))
        slot = (slot + 1) % threads_;
    const Range rows = part_of(out_shape(layers_.back()).h, parts_, task % parts_);
    BandTask(*this, task / parts_, rows, scratch_ + slot * thread_size_).run(rows.end);
    taken_[static_cast<std::size_t>(slot)].store(false, std::memory_order_release);
}

}  // namespace mobilenet_cost
