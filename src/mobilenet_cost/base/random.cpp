#include "mobilenet_cost/base/random.h"

#include <numeric>
#include <utility>

namespace mobilenet_cost {

std::vector<std::size_t> permutation(std::size_t count, std::uint64_t& state) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    // The bias of the remainder is below 2^-50 for any count that is timed.
    for (std::size_t i = count; i > 1; --i)
        std::swap(order[i - 1], order[splitmix64(state += kGoldenGamma) % i]);
    return order;
}

}  // namespace mobilenet_cost
