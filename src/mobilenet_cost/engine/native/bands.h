#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "mobilenet_cost/engine/activation_plan.h"
#include "mobilenet_cost/engine/native/depthwise.h"
#include "mobilenet_cost/engine/native/steps.h"

namespace mobilenet_cost {

/// A network's layers [begin, end) that run band by band, in order: depthwise convolutions and the pointwise
/// ones behind them, and the convolution before the first, where the tensors between them are too large for
/// the L2 cache. Every tensor inside has one reader.
[[nodiscard]] std::vector<LayerRange> banded_layers(const Network& network,
                                                    const std::vector<std::size_t>& last_uses,
                                                    const CoreModel& core);

/// One layer of several that run band by band: as soon as some rows of its output are computed, the next
/// layer reads them from the cache. The whole output is never in memory.
struct BandLayer {
    std::size_t layer = 0;
    const NativeConv* product = nullptr;  ///< null: a depthwise convolution. A 1x1 one unless it is the first
    NativeDepthwise depthwise;
};

/// How many rows of a layer's output are computed at a time, and how many are kept.
struct BandRows {
    std::int64_t rows = 1;
    std::int64_t capacity = 0;  ///< enough for what the next layer reads at a time; 0: the last layer's
    std::int64_t offset = 0;    ///< floats, among a thread's part of the scratch
};

/// Where the last layer's output lies, and what the first one reads.
struct BandViews {
    View input;
    View output;
    View residual;
};

/// Layers that run together; each is the only reader of the output of the one before.
class NativeBands {
  public:
    NativeBands(std::vector<BandLayer> layers, int threads);

    /// Floats that a pass writes beside the activations.
    [[nodiscard]] std::int64_t scratch_size() const { return threads_ * thread_size_; }

    /// Steps that do not run at the same time may share `scratch`.
    [[nodiscard]] NativeStep step(const BandViews& views, float* scratch);

  private:
    friend class BandTask;
    void run(std::int64_t task);

    std::vector<BandLayer> layers_;
    std::vector<BandRows> rows_;
    std::int64_t thread_size_ = 0;  // floats
    std::int64_t threads_;
    std::int64_t parts_ = 1;  // of an image
    BandViews views_;
    float* scratch_ = nullptr;
    std::unique_ptr<std::atomic<bool>[]> taken_;  // which thread's part of the scratch is in use
    std::shared_ptr<PartTimes> times_;
};

}  // namespace mobilenet_cost
