#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mobilenet_cost/model/network.h"

namespace mobilenet_cost {

enum class Overlap {
    none,      ///< a layer's output never shares memory with its inputs
    in_place,  ///< it may where that is legal; see peak_memory()
};

struct PeakMemory {
    std::int64_t elements = 0;  ///< live activations while `layer` runs, its inputs and output included
    std::size_t layer = 0;      ///< the first layer that reaches it

    bool operator==(const PeakMemory&) const = default;
};

/// Last layer that reads each tensor (index: TensorId). The network's output is never freed: layers.size().
[[nodiscard]] std::vector<std::size_t> last_uses(const Network& network);

/// Live activation memory in execution order. In place is legal when the input dies in this layer and (a) the
/// layer is element-wise (residual add, gate), or (b) it is a depthwise convolution whose output is no
/// larger: channel planes are independent, so the planes of one channel are scratch enough (MCUNet, arXiv
/// 2007.10319, section 3.2).
[[nodiscard]] PeakMemory peak_memory(const Network& network, Overlap overlap);

}  // namespace mobilenet_cost
