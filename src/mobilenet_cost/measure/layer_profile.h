#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/measure/measure.h"
#include "mobilenet_cost/measure/network_kind.h"
#include "mobilenet_cost/model/layer_class.h"

namespace mobilenet_cost {

struct LayerTime {
    std::string name;
    std::string op;
    LayerClass layer_class = LayerClass::conv;
    Shape input;  ///< of the first input
    Shape output;
    std::string kernel;       ///< as the engine names it
    bool fused = false;       ///< runs inside another layer's kernel: its own time is 0
    Estimate seconds;         ///< median over the rounds of each round's median pass
    double mean_seconds = 0;  ///< over all passes; the better figure where an engine's clock is coarse
    double time_share = 0;    ///< of the sum over the layers
    std::int64_t macs = 0;
    std::int64_t traffic_bytes = 0;  ///< weights, input and output, each moved once
};

/// Sum over the layers of one class, and what part of the network that is.
struct ClassShare {
    LayerClass layer_class = LayerClass::conv;
    std::int64_t layers = 0;
    std::int64_t macs = 0;
    std::int64_t traffic_bytes = 0;
    double seconds = 0;
    double mac_share = 0;
    double traffic_share = 0;
    double time_share = 0;
};

enum class LayerMode {
    in_situ,   ///< inside whole passes: weights as cold and activations as warm as they are then
    isolated,  ///< each by itself, over and over
};

/// The variant's layers.
struct LayerProfile {
    std::string engine;
    int threads = 1;
    LayerMode mode = LayerMode::in_situ;
    BenchStatus status = BenchStatus::skipped;
    std::string reason;
    std::int64_t passes = 0;  ///< timed layer by layer; isolated: of the layer with the fewest
    std::vector<LayerTime> layers;
    std::vector<ClassShare> classes;         ///< those that occur
    double sum_seconds = 0;                  ///< over the layers
    Estimate whole_seconds;                  ///< a pass without clock readings inside, in the same rounds
    double residual_seconds = 0;             ///< whole - sum
    std::optional<Estimate> clock_overhead;  ///< in situ: a pass with clock readings / one without
};

/// In-situ layers whose sum differs from a pass by more than this part of it were not measured well.
inline constexpr double kNotableResidual = 0.05;
[[nodiscard]] bool has_notable_residual(const LayerProfile& profile);

template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<LayerMode> = {"in-situ", "isolated"};
[[nodiscard]] constexpr std::string_view layer_mode_name(LayerMode mode) {
    return enum_name(mode);
}

/// Throws Error naming the nearest mode.
[[nodiscard]] LayerMode read_layer_mode(const std::string& name);

/// A session whose layers are to be timed, and the profile that gets the times.
struct LayerTarget {
    Session* session = nullptr;
    std::optional<int> pin_cpu;
    std::size_t profile = 0;
    std::function<void()> before_pass = {};  ///< see MeasuredCell
    double pass_seconds = 0;                 ///< as it was timed before; 0: unknown
};

/// The description of a layer that computes in `type`, without times. `kernel` is as Session::kernels() names
/// it.
[[nodiscard]] LayerTime describe_layer(const Network& network, std::size_t layer, std::string kernel,
                                       DataType type = DataType::f32);

/// Sums, shares, classes and residual of a profile whose layers have times.
void summarize_layers(const CellSamples& whole_passes, double confidence, LayerProfile& profile);

/// Why there are no times in these samples; empty: there are.
[[nodiscard]] std::string missing_times(const CellSamples& samples, Ended ended);

/// Sums by class, in the order of LayerClass; classes that do not occur are left out.
[[nodiscard]] std::vector<ClassShare> class_shares(const std::vector<LayerTime>& layers);

/// Whole passes, for MeasuredCell. The session must live as long.
[[nodiscard]] MeasuredCell plain_cell(Session& session, std::optional<int> pin_cpu,
                                      std::function<void()> before_pass = {});

/// Rounds in which passes timed layer by layer and passes without clock readings inside alternate, in random
/// order and over all targets, so that both see the same machine.
void measure_layers(const Network& network, const std::vector<LayerTarget>& targets,
                    const MeasureSettings& settings, const MeasureHooks& hooks,
                    std::vector<LayerProfile>& profiles);

}  // namespace mobilenet_cost
