#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "mobilenet_cost/engine/native/conv.h"
#include "mobilenet_cost/engine/native/depthwise.h"
#include "mobilenet_cost/engine/native/steps.h"

namespace mobilenet_cost {

/// The longest chain of them.
inline constexpr std::size_t kMostBandLayers = 32;

/// One layer of several that run band by band: as soon as some rows of its output are computed, the next one
/// reads them, while they are in the cache. They are never all in memory.
struct BandLayer {
    std::size_t layer = 0;
    const NativeConv* product = nullptr;  ///< null: a depthwise convolution. A 1x1 one unless it is the first
    NativeDepthwise depthwise;
};

/// How many rows of a layer's output are computed at a time, and how many of them are kept.
struct BandRows {
    std::int64_t rows = 1;
    std::int64_t capacity = 0;  ///< enough for what the next layer reads at a time; 0: the last layer's
};

/// By layer.
[[nodiscard]] std::vector<BandRows> plan_band_rows(const std::vector<BandLayer>& layers);

/// Where the last layer's output lies, and what the first one reads.
struct BandViews {
    View input;
    View output;
    View residual;
};

/// Layers that run together, each alone to read the output of the one before.
class NativeBands {
  public:
    NativeBands(std::vector<BandLayer> layers, int threads);

    /// Floats that a pass writes beside the activations.
    [[nodiscard]] std::int64_t scratch_size() const { return threads_ * thread_size_; }

    /// `scratch` may be the same for all that do not run at the same time.
    [[nodiscard]] NativeStep step(const BandViews& views, float* scratch);

  private:
    friend class BandTask;
    void run(std::int64_t task);

    std::vector<BandLayer> layers_;
    std::vector<BandRows> rows_;
    std::vector<std::int64_t> offsets_;  // floats, of each layer's rows among a thread's
    std::int64_t thread_size_ = 0;       // floats
    std::int64_t threads_;
    std::int64_t parts_ = 1;  // of an image
    BandViews views_;
    float* scratch_ = nullptr;
    std::unique_ptr<std::atomic<bool>[]> taken_;  // which thread's part of the scratch is in use
    std::shared_ptr<PartTimes> times_;
};

}  // namespace mobilenet_cost
