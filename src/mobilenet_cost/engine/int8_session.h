#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mobilenet_cost/engine/planned_session.h"
#include "mobilenet_cost/quantise/quantisation.h"

namespace mobilenet_cost {

/// What the sessions of 8 bits share: activations of one byte, an input that is quantised before the pass,
/// and outputs that are told as what they stand for.
class Int8Session : public PlannedSession {
  public:
    /// What the caller writes, and the pass reads no more: no part of memory_use().
    std::span<float> input() final;

  protected:
    /// How a value of 8 bits is stored: as it is, or with 128 added to it, in an unsigned byte.
    enum class Stored { with_sign, offset };

    /// `options` have scales. Throws Error naming a layer that has no 8-bit form.
    Int8Session(const Network& network, const Weights& weights, const SessionOptions& options,
                SessionRules rules, Stored stored);

    [[nodiscard]] const QuantisedLayer& quantised(std::size_t layer) const { return layers_[layer]; }
    [[nodiscard]] std::vector<QuantisedLayer>& quantised() { return layers_; }

    [[nodiscard]] const TensorScale& scale(TensorId id) const {
        return options().scales->tensors[static_cast<std::size_t>(id)];
    }

  private:
    void prepare() final;
    [[nodiscard]] std::vector<float> copy(TensorId id) const final;

    std::vector<QuantisedLayer> layers_;
    Stored stored_;
    std::vector<float> input_;
    bool is_new_ = true;  // the input is
};

}  // namespace mobilenet_cost
