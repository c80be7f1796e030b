#include "mobilenet_cost/measure/layer_profile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <utility>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/measure/calibration.h"
#include "mobilenet_cost/model/cost.h"

namespace mobilenet_cost {

namespace {

/// Keeps every timed pass of the rounds. Shared with the cell that it belongs to.
class LayerRecorder {
  public:
    LayerRecorder(Session& session, std::size_t layers) : session_(session), pass_(layers) {}

    void run(std::int64_t passes) {
        for (std::int64_t i = 0; i < passes; ++i) {
            std::fill(pass_.begin(), pass_.end(), 0);
            session_.run_timed(pass_);
            if (counts_) rounds_.back().insert(rounds_.back().end(), pass_.begin(), pass_.end());
        }
    }

    void recording(bool counts) {
        counts_ = counts;
        if (counts) rounds_.emplace_back();
    }

    [[nodiscard]] std::size_t rounds() const { return rounds_.size(); }

    /// Seconds of one layer in each pass of a round.
    [[nodiscard]] std::vector<double> seconds(std::size_t layer, std::size_t round) const {
        const std::vector<std::int64_t>& values = rounds_[round];
        std::vector<double> result;
        result.reserve(values.size() / pass_.size());
        for (std::size_t i = layer; i < values.size(); i += pass_.size()) {
            result.push_back(static_cast<double>(values[i]) * kNanosecond);
        }
        return result;
    }

  private:
    Session& session_;
    std::vector<std::int64_t> pass_;                 // nanoseconds, one entry per layer
    std::vector<std::vector<std::int64_t>> rounds_;  // pass after pass, each with all layers
    bool counts_ = false;
};

void set_times(const LayerRecorder& recorder, std::size_t layer, double confidence, LayerTime& time) {
    std::vector<double> medians;
    std::vector<double> all;
    for (std::size_t round = 0; round < recorder.rounds(); ++round) {
        const std::vector<double> passes = recorder.seconds(layer, round);
        medians.push_back(median(passes));
        all.insert(all.end(), passes.begin(), passes.end());
    }
    time.seconds = median_estimate(medians, confidence);
    time.mean_seconds = mean(all);
}

double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

double share(std::int64_t part, std::int64_t whole) {
    return share(static_cast<double>(part), static_cast<double>(whole));
}

struct Timed {
    std::shared_ptr<LayerRecorder> recorder;
    const CellSamples* plain = nullptr;
    const CellSamples* timed = nullptr;
};

void fill(const Network& network, const std::vector<std::string>& kernels, const Timed& timed,
          double confidence, LayerProfile& profile) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        LayerTime time = describe_layer(network, i, i < kernels.size() ? kernels[i] : "");
        set_times(*timed.recorder, i, confidence, time);
        profile.layers.push_back(std::move(time));
    }
    for (const TimedBlock& block : timed.timed->blocks) {
        profile.passes += static_cast<std::int64_t>(block.pass_seconds.size()) * timed.timed->size.group;
    }
    summarize_layers(*timed.plain, confidence, profile);
    profile.clock_overhead =
        paired_ratio(round_seconds(*timed.timed), round_seconds(*timed.plain), confidence);
}

}  // namespace

LayerClass layer_class(const Network& network, std::size_t index) {
    const Layer& layer = network.layers[index];
    switch (layer.role) {
        case Role::squeeze_pool:
        case Role::squeeze_reduce:
        case Role::squeeze_expand:
        case Role::squeeze_scale:
            return LayerClass::squeeze_excite;
        case Role::classifier:
            return LayerClass::classifier;
        default:
            break;
    }
    if (std::holds_alternative<GlobalPool>(layer.kind)) return LayerClass::pooling;
    if (!std::holds_alternative<Conv>(layer.kind)) return LayerClass::element_wise;
    if (index == 0) return LayerClass::first_conv;
    if (is_depthwise(layer)) return LayerClass::depthwise;
    return is_pointwise(layer) ? LayerClass::pointwise : LayerClass::conv;
}

LayerTime describe_layer(const Network& network, std::size_t index, std::string kernel) {
    const Layer& layer = network.layers[index];
    const Cost cost = layer_cost(layer);
    LayerTime time;
    time.name = layer_name(network, index);
    time.op = op_name(layer);
    time.layer_class = layer_class(network, index);
    time.input = layer.input;
    time.output = layer.output;
    time.fused = kernel.rfind(kFusedInto, 0) == 0;
    time.kernel = std::move(kernel);
    time.macs = cost.macs;
    time.traffic_bytes =
        checked_add(weight_bytes(cost, DataType::f32), activation_bytes(cost, DataType::f32));
    return time;
}

void summarize_layers(const CellSamples& whole_passes, double confidence, LayerProfile& profile) {
    for (const LayerTime& time : profile.layers)
        profile.sum_seconds += time.seconds.value;
    for (LayerTime& time : profile.layers)
        time.time_share = share(time.seconds.value, profile.sum_seconds);
    profile.classes = class_shares(profile.layers);
    profile.whole_seconds = median_estimate(round_seconds(whole_passes), confidence);
    profile.residual_seconds = profile.whole_seconds.value - profile.sum_seconds;
}

std::string missing_times(const CellSamples& samples, Ended ended) {
    if (!samples.failure.empty()) return samples.failure;
    return samples.blocks.empty() ? no_round_reason(ended) : "";
}

bool has_notable_residual(const LayerProfile& profile) {
    return profile.status == BenchStatus::ok && profile.mode == LayerMode::in_situ &&
           std::abs(profile.residual_seconds) > kNotableResidual * profile.whole_seconds.value;
}

std::vector<ClassShare> class_shares(const std::vector<LayerTime>& layers) {
    std::vector<ClassShare> classes(static_cast<std::size_t>(LayerClass::conv) + 1);
    ClassShare total;
    for (const LayerTime& layer : layers) {
        for (ClassShare* sum : {&classes[static_cast<std::size_t>(layer.layer_class)], &total}) {
            sum->layer_class = layer.layer_class;
            ++sum->layers;
            sum->macs = checked_add(sum->macs, layer.macs);
            sum->traffic_bytes = checked_add(sum->traffic_bytes, layer.traffic_bytes);
            sum->seconds += layer.seconds.value;
        }
    }
    std::erase_if(classes, [](const ClassShare& sum) { return sum.layers == 0; });
    for (ClassShare& sum : classes) {
        sum.mac_share = share(sum.macs, total.macs);
        sum.traffic_share = share(sum.traffic_bytes, total.traffic_bytes);
        sum.time_share = share(sum.seconds, total.seconds);
    }
    return classes;
}

MeasuredCell plain_cell(Session& session, std::optional<int> pin_cpu, std::function<void()> before_pass) {
    return {.run =
                [&session](std::int64_t passes) {
                    for (std::int64_t i = 0; i < passes; ++i)
                        session.run();
                },
            .pin_cpu = pin_cpu,
            .recording = {},
            .before_pass = std::move(before_pass)};
}

void measure_layers(const Network& network, const std::vector<LayerTarget>& targets,
                    const MeasureSettings& settings, const MeasureHooks& hooks,
                    std::vector<LayerProfile>& profiles) {
    std::vector<MeasuredCell> cells;  // of each target: plain, timed
    std::vector<std::shared_ptr<LayerRecorder>> recorders;
    for (const LayerTarget& target : targets) {
        cells.push_back(plain_cell(*target.session, target.pin_cpu, target.before_pass));
        const auto recorder = std::make_shared<LayerRecorder>(*target.session, network.layers.size());
        recorders.push_back(recorder);
        cells.push_back({.run = [recorder](std::int64_t passes) { recorder->run(passes); },
                         .pin_cpu = target.pin_cpu,
                         .recording = [recorder](bool counts) { recorder->recording(counts); },
                         .before_pass = target.before_pass});
    }
    const Measurement measurement = measure(cells, settings, hooks);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        LayerProfile& profile = profiles[targets[i].profile];
        const Timed timed{recorders[i], &measurement.cells[2 * i], &measurement.cells[2 * i + 1]};
        profile.reason = missing_times(*timed.plain, measurement.ended);
        if (profile.reason.empty()) profile.reason = missing_times(*timed.timed, measurement.ended);
        if (!profile.reason.empty()) {
            profile.status = timed.plain->failure.empty() && timed.timed->failure.empty()
                                 ? BenchStatus::skipped
                                 : BenchStatus::failed;
            continue;
        }
        profile.status = BenchStatus::ok;
        fill(network, targets[i].session->kernels(), timed, settings.confidence, profile);
    }
}

LayerMode read_layer_mode(const std::string& name) {
    return read_enum<LayerMode>(name, "--layer-mode", "mode");
}

}  // namespace mobilenet_cost
