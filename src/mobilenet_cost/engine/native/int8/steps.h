#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "mobilenet_cost/engine/native/int8/kernels.h"
#include "mobilenet_cost/engine/native/steps.h"
#include "mobilenet_cost/quantise/quantisation.h"

namespace mobilenet_cost {

/// An activation of 8 bits in memory: (n, h, w, pixel), of whose `pixel` values the first c count.
struct Int8View {
    std::uint8_t* values = nullptr;
    std::int64_t pixel = 0;
};

struct Int8Views {
    Int8View input;
    Int8View second;  ///< of a sum or product
    Int8View output;
};

/// Common to the steps of all layers.
struct Int8Options {
    const Int8Kernels* kernels = nullptr;
    int threads = 1;
};

/// A Requantisation as the kernels take it.
struct Int8Output {
    explicit Int8Output(const Requantisation& from);

    Int8Finish finish;
    std::int32_t low = 0;  ///< these two with 128 added
    std::int32_t high = 0;
    bool has_table = false;
    std::array<std::uint8_t, 256> table = {};

    /// Goes over what a kernel has stored.
    void look_up(std::uint8_t* values, std::int64_t rows, std::int64_t stride, std::int64_t channels) const;
};

[[nodiscard]] NativeStep int8_pool_step(const Int8Options& options, const Layer& layer,
                                        const QuantisedLayer& quantised, const Int8Views& views);
[[nodiscard]] NativeStep int8_sum_step(const Int8Options& options, const Layer& layer,
                                       const QuantisedLayer& quantised, const Int8Views& views);
[[nodiscard]] NativeStep int8_product_step(const Int8Options& options, const Layer& layer,
                                           const QuantisedLayer& quantised, const Int8Views& views);
/// An activation alone.
[[nodiscard]] NativeStep int8_table_step(const Int8Options& options, const Layer& layer,
                                         const QuantisedLayer& quantised, const Int8Views& views);
/// A copy of the values in rows of `output.pixel`.
[[nodiscard]] NativeStep int8_spread_step(const Shape& shape, const Int8View& input, const Int8View& output);

/// Memory for as many tasks at a time as there are threads.
class Int8Scratch {
  public:
    Int8Scratch(int threads, std::int64_t bytes);

    /// Of all slots.
    [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(bytes_ * threads_); }
    void place(std::byte* memory) { memory_ = memory; }

    /// Calls `body` with a slot that no other task has meanwhile.
    template <typename Body>
    void with_slot(const Body& body) const {
        int slot = 0;
        while (taken_[static_cast<std::size_t>(slot)].exchange(true, std::memory_order_acquire))
            slot = (slot + 1) % threads_;
        body(memory_ + slot * bytes_);
        taken_[static_cast<std::size_t>(slot)].store(false, std::memory_order_release);
    }

  private:
    int threads_;
    std::int64_t bytes_;
    std::byte* memory_ = nullptr;
    std::unique_ptr<std::atomic<bool>[]> taken_;
};

}  // namespace mobilenet_cost
