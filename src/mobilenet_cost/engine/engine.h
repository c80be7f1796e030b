#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/model/weights.h"
#include "mobilenet_cost/quantise/quantisation.h"

namespace mobilenet_cost {

/// An engine as it is on this machine.
struct EngineInfo {
    std::string name;
    std::string version;
    std::string instruction_set;          ///< that its kernels use here; empty: unknown
    std::vector<std::string> data_types;  ///< names of DataType
    std::string note;                     ///< one line: its kernels and threads, or its purpose
};

struct SessionOptions {
    int threads = 1;
    bool keep_activations = false;  ///< every layer's output stays readable; for checking, not for timing
    std::int64_t l2_bytes = 0;      ///< size of the L2 cache that an engine plans for; 0: this machine's
    /// The scales of the network, of an engine that has the data type i8, whose session then computes in it;
    /// null: f32.
    std::shared_ptr<const NetworkScales> scales = nullptr;
};

/// Bytes that a session holds, and why its activations take more or less than the analysis counts: the live
/// peak (peak_memory(), Overlap::none) + in_place + kept + padding + gap = activation_bytes.
struct SessionMemory {
    std::int64_t weight_bytes = 0;      ///< packed, with whatever the library keeps beside them
    std::int64_t activation_bytes = 0;  ///< input and outputs
    std::int64_t scratch_bytes = 0;     ///< beside the activations, while a pass runs
    std::int64_t in_place_bytes = 0;    ///< outputs that replace a dying input, or never exist as a whole
    std::int64_t kept_bytes = 0;        ///< the input, and whatever else outlives its last reader
    std::int64_t padding_bytes = 0;     ///< alignment, and room for kernels that read beyond the end
    std::int64_t gap_bytes = 0;         ///< between blocks of different sizes and lifetimes
};

/// A stretch of memory.
struct MemoryRegion {
    const std::byte* begin = nullptr;
    std::size_t bytes = 0;
};

/// Where a session's memory lies, as far as its engine can tell, without code that a library generates.
struct SessionRegions {
    std::vector<MemoryRegion> weights;  ///< empty with weights: unknown
    std::vector<MemoryRegion> others;   ///< input, activations, scratch
};

/// One network ready to run. Weights are packed and memory is allocated when it is made; run() only computes.
/// Not thread-safe.
class Session {
  public:
    virtual ~Session() = default;

    /// Values of Network::input, (n, h, w, c); write them before run(). A session of 8 bits quantises them in
    /// the first pass behind each call.
    [[nodiscard]] virtual std::span<float> input() = 0;

    virtual void run() = 0;

    /// A pass with the clock read around each layer: adds each layer's nanoseconds to `nanoseconds`, one
    /// entry per layer of the network. A layer fused into another adds nothing to its own entry; layers that
    /// take turns, some rows each, share the time of their turns as the threads spend it on each.
    virtual void run_timed(std::span<std::int64_t> nanoseconds) = 0;

    /// NHWC values of the network's outputs (output_tensors()), one after another; of 8 bits, what they stand
    /// for.
    [[nodiscard]] virtual std::vector<float> output() const = 0;

    /// NHWC values of one layer; needs SessionOptions::keep_activations.
    [[nodiscard]] virtual std::vector<float> layer_output(std::size_t layer) const = 0;

    /// The kernel that runs each layer, as the engine names it; "fused into NAME" for a layer with none.
    [[nodiscard]] virtual std::vector<std::string> kernels() const = 0;

    [[nodiscard]] virtual SessionMemory memory_use() const = 0;

    /// Valid as long as the session.
    [[nodiscard]] virtual SessionRegions regions() const = 0;
};

[[nodiscard]] inline std::int64_t total_bytes(const SessionMemory& memory) {
    return memory.weight_bytes + memory.activation_bytes + memory.scratch_bytes;
}

/// Everything but the weights.
[[nodiscard]] inline std::int64_t real_peak_bytes(const SessionMemory& memory) {
    return memory.activation_bytes + memory.scratch_bytes;
}

/// Begins the entry in kernels() of a layer that runs inside another one, whose name follows.
inline constexpr std::string_view kFusedInto = "fused into ";

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

/// Raised when Session, Engine or a type that they use changes: a module with another number is refused.
inline constexpr int kEngineInterface = 7;

}  // namespace mobilenet_cost

/// What an engine module exports: its one engine, or null for another number than its own.
#define MOBILENET_COST_ENGINE_MODULE(Type)                                                                 \
    extern "C" __attribute__((visibility("default"))) const mobilenet_cost::Engine* mobilenet_cost_engine( \
        int engine_interface) {                                                                            \
        static const mobilenet_cost::Type engine;                                                          \
        return engine_interface == mobilenet_cost::kEngineInterface ? &engine : nullptr;                   \
    }
