#include "mobilenet_cost/model/cost.h"

#include <cstddef>

namespace mobilenet_cost {
namespace {

/// Values stored for each batch-normalised channel, in the order of BatchNormCount.
std::int64_t values_per_bn_channel(BatchNormCount convention) {
    return static_cast<std::int64_t>(convention);
}

std::int64_t bias_bytes(DataType type) {
    return type == DataType::f16 || type == DataType::w16a32 ? 2 : 4;
}

}  // namespace

std::int64_t element_bytes(DataType type) {
    constexpr std::array<std::int64_t, 5> kBytes = {4, 2, 1, 4, 4};
    return kBytes.at(static_cast<std::size_t>(type));
}

std::int64_t weight_element_bytes(DataType type) {
    constexpr std::array<std::int64_t, 5> kBytes = {4, 2, 1, 1, 2};
    return kBytes.at(static_cast<std::size_t>(type));
}

std::int64_t parameter_count(const Cost& cost, BatchNormCount convention) {
    const std::int64_t bn = checked_multiply(values_per_bn_channel(convention), cost.bn_channels);
    return checked_add(checked_add(cost.weights, cost.biases), bn);
}

std::int64_t weight_bytes(const Cost& cost, DataType type) {
    const std::int64_t biases = checked_add(cost.biases, cost.bn_channels);
    return checked_add(checked_multiply(cost.weights, weight_element_bytes(type)),
                       checked_multiply(biases, bias_bytes(type)));
}

std::int64_t activation_bytes(const Cost& cost, DataType type) {
    return checked_multiply(checked_add(cost.input_elements, cost.output_elements), element_bytes(type));
}

std::int64_t traffic_bytes(const Cost& cost, DataType type) {
    return checked_add(weight_bytes(cost, type), activation_bytes(cost, type));
}

double arithmetic_intensity(const Cost& cost, DataType type) {
    if (cost.macs == 0) return 0;  // of what moves nothing, too
    return 2.0 * static_cast<double>(cost.macs) / static_cast<double>(traffic_bytes(cost, type));
}

std::int64_t memory_access_cost(const Cost& cost) {
    return checked_add(checked_add(cost.input_elements, cost.output_elements), cost.weights);
}

}  // namespace mobilenet_cost
