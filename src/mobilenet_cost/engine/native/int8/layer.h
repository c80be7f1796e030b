#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "mobilenet_cost/engine/native/int8/steps.h"

namespace mobilenet_cost {

/// How a convolution of 8 bits runs, and its packed weights in memory of the session.
class Int8Layer {
  public:
    virtual ~Int8Layer() = default;

    /// Bytes of packed weights, and of scratch for one task.
    [[nodiscard]] virtual std::size_t weight_bytes() const = 0;
    [[nodiscard]] virtual std::int64_t scratch_bytes() const { return 0; }

    /// Into zeroed memory, which stays.
    virtual void pack(std::byte* memory) = 0;

    /// After pack(). `scratch` and this stay as long as the step.
    [[nodiscard]] virtual NativeStep step(const Int8Views& views, const Int8Scratch& scratch) const = 0;

    /// For example "int8_gemm_6x16:AVX2".
    [[nodiscard]] virtual std::string name() const = 0;
};

}  // namespace mobilenet_cost
