#include "mobilenet_cost/measure/network_kind.h"

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/liveness.h"

namespace mobilenet_cost {

NetworkCounts count_network(const Network& network, DataType type) {
    const Cost cost = total_cost(network);
    const std::int64_t elements = checked_add(cost.output_elements, element_count(network.input));
    return {.macs = cost.macs,
            .params = parameter_count(cost, BatchNormCount::bn0),
            .weight_bytes = weight_bytes(cost, type),
            .activation_bytes = checked_multiply(elements, element_bytes(type)),
            .peak_activation_bytes =
                checked_multiply(peak_memory(network, Overlap::none).elements, element_bytes(type))};
}

std::optional<double> flops_per_second(std::int64_t macs, double seconds) {
    if (!(seconds > 0)) return std::nullopt;
    return 2 * static_cast<double>(macs) / seconds;
}

const std::vector<std::string>& network_names() {
    static const std::vector<std::string> names = {std::string(network_kind_name(NetworkKind::separable)),
                                                   std::string(network_kind_name(NetworkKind::standard))};
    return names;
}

}  // namespace mobilenet_cost
