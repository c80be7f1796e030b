#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/engine/activation_plan.h"
#include "mobilenet_cost/engine/arena.h"
#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

/// How an engine computes a residual sum right behind the convolution that feeds it, if the convolution is
/// linear and nothing else reads its output.
enum class SumFusion {
    none,       ///< as a layer of its own
    in_place,   ///< the convolution adds into the sum's other input, which must die there and not be its own
    in_output,  ///< the convolution, not a depthwise one, reads the other input and writes the sum
};

/// What a session asks of PlannedSession.
struct SessionRules {
    std::string_view engine;  ///< its name in messages
    SumFusion sums = SumFusion::none;
    ActivationRules memory = {};  ///< `keep_all` and `overwritten` follow from the options and from `sums`
};

/// What the sessions of all engines share: the activations in one arena, the network's input and output, the
/// pass as a list of steps, and the counting of memory. An engine adds its steps in its constructor, in the
/// order of the pass, and executes them.
class PlannedSession : public Session {
  public:
    std::span<float> input() override;
    void run() final;
    void run_timed(std::span<std::int64_t> nanoseconds) override;
    std::vector<float> output() const final;
    std::vector<float> layer_output(std::size_t layer) const final;
    std::vector<std::string> kernels() const final { return kernels_; }
    SessionMemory memory_use() const final;
    SessionRegions regions() const final { return held_; }

  protected:
    /// Throws Error for fewer than 1 thread, and for more than any measurement needs: four for each
    /// processor, or 64. Thread libraries end the process, or wait forever, when the system refuses to start
    /// another thread.
    PlannedSession(const Network& network, const SessionOptions& options, const SessionRules& rules);

    /// Called at the beginning of each pass.
    virtual void prepare() {}
    /// Runs the steps of one pass, `body`, with whatever the engine needs of the calling thread.
    virtual void pass(const std::function<void()>& body) { body(); }
    virtual void execute(std::size_t step) = 0;
    /// Adds the time that a step took to its layer's entry.
    virtual void charge(std::size_t step, std::int64_t spent, std::span<std::int64_t> nanoseconds) const;

    const Network& network() const { return network_; }
    const SessionOptions& options() const { return options_; }

    /// Throws Error: a layer of a kind that this engine does not run.
    [[noreturn]] void refuse(std::size_t layer) const;

    /// The other input of layer `sum` if that is part of the convolution before it, by SessionRules::sums.
    std::optional<TensorId> residual(std::size_t sum) const;

    /// Values of a tensor, and the distance between its pixels.
    float* tensor(TensorId id) const { return reinterpret_cast<float*>(memory_of(id)); }
    float* output_of(std::size_t layer) const { return tensor(static_cast<TensorId>(layer + 1)); }
    std::int64_t pixel(TensorId id) const;
    std::byte* memory_of(TensorId id) const { return memory_ + plan_.offsets[static_cast<std::size_t>(id)]; }
    /// A tensor's values, dense.
    virtual std::vector<float> copy(TensorId id) const;

    /// The pass's next step, and the kernel in it or, of several steps of one layer, in the first.
    void add_step(std::size_t layer, const std::string& kernel = "");
    std::size_t step_count() const { return step_layers_.size(); }
    std::string layer_of(std::size_t step) const { return layer_name(network_, step_layers_[step]); }

    /// Adds to the name of a layer's kernel, which may consist of several.
    void name_kernel(std::size_t layer, const std::string& kernel);
    /// For a sum that is part of the layer before it.
    void name_fused(std::size_t sum);

    /// Zeroed memory that lives and counts as long as the session.
    std::byte* weight_memory(std::size_t bytes) { return hold(held_.weights, bytes); }
    std::byte* scratch_memory(std::size_t bytes) { return hold(held_.others, bytes); }

    SessionRegions held_;  ///< the arena first; an engine adds what its library allocates

  private:
    std::byte* hold(std::vector<MemoryRegion>& regions, std::size_t bytes);

    Network network_;
    SessionOptions options_;
    std::string engine_;
    std::int64_t channel_multiple_;                   // of a pixel
    std::vector<std::optional<TensorId>> residuals_;  // by layer
    ActivationPlan plan_;
    std::vector<Arena> arenas_;
    std::byte* memory_ = nullptr;  // of the activations
    std::vector<std::size_t> step_layers_;
    std::vector<std::string> kernels_;  // by layer
};

}  // namespace mobilenet_cost
