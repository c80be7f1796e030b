#include "mobilenet_cost/engine/int8_session.h"

#include <cstddef>
#include <utility>

namespace mobilenet_cost {

namespace {

/// Of what is stored with 128 added: 128 flips the sign bit.
constexpr std::uint8_t kOffset = 128;

SessionRules of_bytes(SessionRules rules) {
    rules.memory.element_bytes = 1;
    return rules;
}

}  // namespace

Int8Session::Int8Session(const Network& network, const Weights& weights, const SessionOptions& options,
                         SessionRules rules, Stored stored)
    : PlannedSession(network, options, of_bytes(std::move(rules))),
      layers_(quantise_layers(network, weights, *options.scales)),
      stored_(stored),
      input_(static_cast<std::size_t>(element_count(network.input))) {}

std::span<float> Int8Session::input() {
    is_new_ = true;
    return input_;
}

void Int8Session::prepare() {
    if (!std::exchange(is_new_, false)) return;
    std::byte* const to = memory_of(0);
    const auto flip = static_cast<std::uint8_t>(stored_ == Stored::offset ? kOffset : 0);
    for (std::size_t i = 0; i < input_.size(); ++i)
        to[i] = static_cast<std::byte>(static_cast<std::uint8_t>(quantise(input_[i], scale(0))) ^ flip);
}

std::vector<float> Int8Session::copy(TensorId id) const {
    const Shape& shape = tensor_shape(network(), id);
    const auto flip = static_cast<std::uint8_t>(stored_ == Stored::offset ? kOffset : 0);
    const std::int64_t stride = pixel(id);
    std::vector<float> dense;
    dense.reserve(static_cast<std::size_t>(element_count(shape)));
    for (std::int64_t i = 0; i < shape.n * shape.h * shape.w; ++i) {
        const std::byte* const from = memory_of(id) + i * stride;
        for (std::int64_t c = 0; c < shape.c; ++c)
            dense.push_back(
                dequantise(static_cast<std::int8_t>(static_cast<std::uint8_t>(from[c]) ^ flip), scale(id)));
    }
    return dense;
}

}  // namespace mobilenet_cost
