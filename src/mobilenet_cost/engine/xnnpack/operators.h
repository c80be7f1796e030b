#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <xnnpack.h>

#include "mobilenet_cost/engine/xnnpack/memory.h"
#include "mobilenet_cost/model/layer.h"
#include "mobilenet_cost/model/weights.h"

/// Turns our layers into XNNPACK's operators: the only file that depends on which of its two interfaces the
/// program is compiled with (MOBILENET_COST_XNNPACK_RESHAPES).
namespace mobilenet_cost {

/// Owns what the operator needs while it runs, too.
using Operator = std::shared_ptr<xnn_operator>;

/// The threads of the operators that are made, and the ledger of their memory. Null `pool`: one thread.
struct OperatorSite {
    pthreadpool_t pool = nullptr;
    MemoryLedger* memory = nullptr;
};

/// The limits of an output.
struct Range {
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();

    bool operator==(const Range&) const = default;
};

/// The tensors that an operator reads and writes; `b` only if it has two inputs.
struct Operands {
    const float* a = nullptr;
    const float* b = nullptr;
    float* out = nullptr;
};

/// Operators to run in this order for one layer, each bound to its operands.
struct MadeOperators {
    std::vector<Operator> operators;
    std::string kernel;  ///< as XNNPACK names them
};

/// The text of a status other than success.
struct OperatorError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
void check_status(xnn_status status);
[[nodiscard]] std::string status_text(xnn_status status);

enum class Binary { sum, product };

/// All throw OperatorError. The filter is laid out as XNNPACK wants it: (G, Co/G, KH, KW, Ci/G).
[[nodiscard]] MadeOperators make_convolution(const OperatorSite& site, const Layer& layer, const Conv& conv,
                                             const LayerWeights& weights, const Range& range,
                                             const Operands& operands);

/// The mean over the plane.
[[nodiscard]] MadeOperators make_pooling(const OperatorSite& site, const Shape& input, const Range& range,
                                         const Operands& operands);

/// `b` may have one value per channel and image.
[[nodiscard]] MadeOperators make_binary(const OperatorSite& site, Binary kind,
                                        const std::array<Shape, 2>& inputs, const Range& range,
                                        const Operands& operands);

[[nodiscard]] MadeOperators make_hard_swish(const OperatorSite& site, const Shape& shape,
                                            const Operands& operands);
[[nodiscard]] MadeOperators make_sigmoid(const OperatorSite& site, const Shape& shape,
                                         const Operands& operands);

}  // namespace mobilenet_cost
