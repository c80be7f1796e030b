#include "mobilenet_cost/measure/layer_profile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/layer_recorder.h"
#include "mobilenet_cost/model/cost.h"

namespace mobilenet_cost {

namespace {

double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

double share(std::int64_t part, std::int64_t whole) {
    return share(static_cast<double>(part), static_cast<double>(whole));
}

/// Every layer by itself.
std::vector<LayerRange> each_layer(std::size_t layers) {
    std::vector<LayerRange> ranges(layers);
    for (std::size_t i = 0; i < layers; ++i)
        ranges[i].first = i;
    return ranges;
}

void fill(const Network& network, const std::vector<std::string>& kernels, const LayerRecorder& recorder,
          double confidence, LayerProfile& profile) {
    const DataType type = read_typed_name(profile.engine).data_type;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        LayerTime time = describe_layer(network, i, i < kernels.size() ? kernels[i] : "", type);
        recorder.set_times(i, confidence, time);
        profile.layers.push_back(std::move(time));
    }
    profile.passes = recorder.passes();
}

}  // namespace

LayerTime describe_layer(const Network& network, std::size_t index, std::string kernel, DataType type) {
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
    time.traffic_bytes = traffic_bytes(cost, type);
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
    std::vector<ClassShare> classes(kEnumNames<LayerClass>.size());
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
    const std::size_t layers = network.layers.size();
    for (const LayerTarget& target : targets) {
        cells.push_back(plain_cell(*target.session, target.pin_cpu, target.before_pass));
        recorders.push_back(std::make_shared<LayerRecorder>(*target.session, layers, each_layer(layers)));
        cells.push_back(recorded_cell(recorders.back(), target.pin_cpu, target.before_pass));
        for (MeasuredCell& cell : std::span(cells).last(2))
            cell.known_seconds = target.pass_seconds;
    }
    const Measurement measurement = measure(cells, settings, hooks);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        LayerProfile& profile = profiles[targets[i].profile];
        const CellSamples& plain = measurement.cells[2 * i];
        const CellSamples& timed = measurement.cells[2 * i + 1];
        profile.reason = missing_times(plain, measurement.ended);
        if (profile.reason.empty()) profile.reason = missing_times(timed, measurement.ended);
        const bool failed = !plain.failure.empty() || !timed.failure.empty();
        profile.status = profile.reason.empty() ? BenchStatus::ok
                         : failed               ? BenchStatus::failed
                                                : status_without_round(measurement.ended);
        if (profile.status != BenchStatus::ok) continue;
        fill(network, targets[i].session->kernels(), *recorders[i], settings.confidence, profile);
        summarize_layers(plain, settings.confidence, profile);
        profile.clock_overhead =
            paired_ratio(round_seconds(timed), round_seconds(plain), settings.confidence);
    }
}

LayerMode read_layer_mode(const std::string& name) {
    return read_enum<LayerMode>(name, "--layer-mode", "mode");
}

}  // namespace mobilenet_cost
