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

/// From our layers to XNNPACK's operators: the one place that knows which of its two interfaces the program
/// is compiled with (MOBILENET_COST_XNNPACK_RESHAPES).
namespace mobilenet_cost {

struct OperatorDelete {
    void operator()(xnn_operator* made) const { xnn_delete_operator(made); }
};
using Operator = std::unique_ptr<xnn_operator, OperatorDelete>;

struct WorkspaceDelete {
    void operator()(void* memory) const;
};
using Workspace = std::unique_ptr<void, WorkspaceDelete>;

/// Where operators are made: their threads, and the ledger of what they ask for. Null `pool`: one thread.
struct OperatorSite {
    pthreadpool_t pool = nullptr;
    MemoryLedger* memory = nullptr;
};

/// What an output is limited to.
struct Range {
    float low = -std::numeric_limits<float>::infinity();
    float high = std::numeric_limits<float>::infinity();

    bool operator==(const Range&) const = default;
};

/// What an operator reads and writes; `b` only if it has two inputs.
struct Operands {
    const float* a = nullptr;
    const float* b = nullptr;
    float* out = nullptr;
};

/// Operators to run in this order for one layer, each bound to its operands, with what they need meanwhile.
struct MadeOperators {
    std::vector<Operator> operators;
    std::vector<Workspace> workspaces;
    std::string kernel;  ///< what XNNPACK calls them
};

/// The text of a status other than success.
struct OperatorError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
void check_status(xnn_status status);
[[nodiscard]] std::string status_text(xnn_status status);

enum class Binary { sum, product };

/// All throw OperatorError. `weights` as XNNPACK wants the filter: (G, Co/G, KH, KW, Ci/G).
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

}  // namespace mobilenet_cost
