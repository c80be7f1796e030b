#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mobilenet_cost/network.h"
#include "mobilenet_cost/weights.h"

namespace mobilenet_cost {

/// What an engine is on this machine.
struct EngineInfo {
    std::string name;
    std::string version;
    std::string instruction_set;          ///< what its kernels use here; empty: unknown
    std::vector<std::string> data_types;  ///< names of DataType
    std::string note;                     ///< what it cannot run, or what it is for
};

struct SessionOptions {
    int threads = 1;
    bool keep_activations = false;  ///< every layer's output stays readable; for checking, not for timing
};

/// One network made ready to run. Weights are packed and memory is allocated when it is made; run() only
/// computes. Not thread-safe.
class Session {
  public:
    virtual ~Session() = default;

    /// (n, h, w, c) of Network::input; write before run().
    [[nodiscard]] virtual std::span<float> input() = 0;

    virtual void run() = 0;

    /// A pass with the clock read around each layer: adds each layer's nanoseconds to `nanoseconds`, one
    /// entry per layer of the network. A layer fused into another adds nothing to its own entry.
    virtual void run_timed(std::span<std::int64_t> nanoseconds) = 0;

    /// NHWC values of the last layer.
    [[nodiscard]] virtual std::vector<float> output() const = 0;

    /// NHWC values of one layer; needs SessionOptions::keep_activations.
    [[nodiscard]] virtual std::vector<float> layer_output(std::size_t layer) const = 0;

    /// The kernel that runs each layer, as the engine names it; "fused into NAME" for a layer with none.
    [[nodiscard]] virtual std::vector<std::string> kernels() const = 0;

    /// Bytes held: packed weights, activations, scratch.
    [[nodiscard]] virtual std::int64_t memory_bytes() const = 0;
};

/// One way to run a network.
class Engine {
  public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual EngineInfo info() const = 0;

    /// Throws Error with the reason if this engine cannot run the network.
    [[nodiscard]] virtual std::unique_ptr<Session> make_session(const Network& network,
                                                                const Weights& weights,
                                                                const SessionOptions& options) const = 0;
};

/// Raised when Session, Engine or what they refer to changes: a module of another number is refused.
inline constexpr int kEngineInterface = 1;

/// What an engine module exports, as extern "C" mobilenet_cost_engine: null when `interface` is not its own.
using EngineModule = Engine* (*)(int engine_interface);

}  // namespace mobilenet_cost
