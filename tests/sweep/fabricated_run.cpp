#include "sweep/fabricated_run.h"

#include <cmath>

namespace mobilenet_cost::testing_support {
namespace {

constexpr std::int64_t kRounds = 8;
constexpr std::size_t kFails = 14;     // of the sweep: xnnpack, alpha 0.5 at 160 px, separable
constexpr std::size_t kImprecise = 3;  // onednn, alpha 1 at 160 px, standard

/// MobileNetV1 as published: MACs and parameters of both networks.
SweepCell cell(double alpha, std::int64_t resolution, std::int64_t macs, std::int64_t params,
               std::int64_t standard_macs, std::int64_t standard_params) {
    return {.model = "mobilenet_v1",
            .variant = {.alpha = alpha, .resolution = resolution},
            .beta = static_cast<double>(resolution) / 224,
            .macs = macs,
            .params = params,
            .weight_bytes = 4 * params,
            .peak_activation_bytes = 12 * resolution * resolution,
            .standard_macs = standard_macs,
            .standard_params = standard_params,
            .analytic_speedup = 568740352.0 / static_cast<double>(macs)};
}

std::vector<SweepCell> cells() {
    return {cell(1, 224, 568740352, 4209088, 4866394112, 29282304),
            cell(1, 160, 290690560, 4209088, 2483896320, 29282304),
            cell(0.5, 224, 149498368, 1320800, 1224404992, 7581728),
            cell(0.5, 160, 76528640, 1320800, 624952320, 7581728)};
}

NetworkCounts counts_of(const SweepCell& cell, NetworkKind network) {
    const bool standard = network == NetworkKind::standard;
    return {.macs = standard ? cell.standard_macs : cell.macs,
            .params = standard ? cell.standard_params : cell.params,
            .weight_bytes = 4 * (standard ? cell.standard_params : cell.params),
            .activation_bytes = 2 * cell.peak_activation_bytes};
}

/// Separable and standard networks take turns, so that a cell's counterpart is its neighbour.
std::vector<SweepPoint> points(const std::vector<SweepCell>& cells) {
    std::vector<SweepPoint> points;
    for (const char* engine : {"onednn", "xnnpack"}) {
        const std::size_t first = points.size();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            for (const NetworkKind network : {NetworkKind::separable, NetworkKind::standard}) {
                const bool standard = network == NetworkKind::standard;
                SweepPoint point;
                point.cell = i;
                point.engine = engine;
                point.threads = first == 0 ? 1 : 2;
                point.network = network;
                point.base = first + (standard ? 1 : 0);
                point.counterpart = standard ? points.size() - 1 : points.size() + 1;
                point.counts = counts_of(cells[i], network);
                point.memory_bytes = point.counts->weight_bytes + 1000000;
                points.push_back(std::move(point));
            }
        }
    }
    points[9].status = BenchStatus::skipped;
    points[9].reason = "needs 1.2 GiB, \"only\" 0.9 GiB are free";
    points[9].memory_bytes = std::nullopt;
    return points;
}

/// Time is 20 ps per MAC to the power of 0.9, twice as fast on the second engine; it drifts over the rounds,
/// for all points alike, and a little for each by itself.
double seconds_of(const SweepPoint& point, std::size_t index, std::int64_t round) {
    const double drift = 1 + 0.01 * std::sin(static_cast<double>(round));
    const double own = (index == kImprecise ? 0.04 : 0.002) *
                       std::cos(static_cast<double>(round) + static_cast<double>(index));
    const double work = std::pow(static_cast<double>(point.counts->macs), 0.9);
    return 0.15e-9 * work * drift * (1 + own) / (point.threads == 2 ? 2 : 1);
}

CellSamples samples_of(const SweepPoint& point, std::size_t index) {
    CellSamples samples;
    samples.warm_up = {
        .converged = index != kImprecise, .passes = 40, .seconds = 0.5, .first_pass_seconds = 0.02};
    samples.size = {.passes = 4, .group = 2, .confirmed = true};
    for (std::int64_t round = 0; round < kRounds; ++round) {
        const double seconds = seconds_of(point, index, round);
        samples.blocks.push_back({.round = round,
                                  .seconds = seconds,
                                  .pass_seconds = {seconds * 0.999, seconds * 1.001},
                                  .disturbance = {.steal_seconds = 0, .involuntary_switches = 0}});
    }
    if (index == kImprecise) samples.blocks[5].disturbance.involuntary_switches = 1000;
    return samples;
}

Measurement measurement(const std::vector<SweepPoint>& points) {
    Measurement measurement;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const bool runs = points[i].status == BenchStatus::ok;
        measurement.cells.emplace_back();
        measurement.cells.back().failure = points[i].reason;
        if (runs) measurement.cells.back() = samples_of(points[i], i);
        if (runs) order.push_back(i);
    }
    if (points.size() > kFails) {
        measurement.cells[kFails].failure = "could not create a primitive";
        measurement.cells[kFails].blocks.resize(2);
    }
    measurement.order.assign(kRounds, order);
    measurement.ended = Ended::time_limit;
    measurement.calibrated = true;
    measurement.seconds = 61.5;
    return measurement;
}

LayerTime layer(const char* name, const char* op, LayerClass layer_class, std::int64_t macs,
                std::int64_t traffic_bytes, double seconds) {
    LayerTime layer;
    layer.name = name;
    layer.op = op;
    layer.layer_class = layer_class;
    layer.kernel = "jit:avx2";
    layer.seconds.value = seconds;
    layer.mean_seconds = seconds;
    layer.macs = macs;
    layer.traffic_bytes = traffic_bytes;
    return layer;
}

/// Depthwise layers shrink less than the others with the MACs.
LayerProfile profile(double macs, double depthwise_speedup, double speedup) {
    const auto scaled = [macs](double count) { return static_cast<std::int64_t>(count / macs); };
    LayerProfile profile;
    profile.engine = "onednn";
    profile.status = BenchStatus::ok;
    profile.passes = 100;
    profile.layers = {layer("Conv2d_0", "conv2d", LayerClass::first_conv, scaled(10838016), scaled(2212992),
                            0.5e-3 / speedup),
                      layer("Conv2d_1_depthwise", "depthwise_conv2d", LayerClass::depthwise, scaled(17418240),
                            scaled(29000000), 2e-3 / depthwise_speedup),
                      layer("Conv2d_1_pointwise", "pointwise_conv2d", LayerClass::pointwise,
                            scaled(539459584), scaled(38000000), 7e-3 / speedup),
                      layer("AvgPool", "global_average_pool", LayerClass::pooling, 0, 204800, 0.02e-3),
                      layer("Logits", "dense", LayerClass::classifier, 1024000, 4108096, 0.3e-3)};
    for (const LayerTime& row : profile.layers)
        profile.sum_seconds += row.seconds.value;
    for (LayerTime& row : profile.layers)
        row.time_share = row.seconds.value / profile.sum_seconds;
    profile.classes = class_shares(profile.layers);
    profile.whole_seconds = {.value = profile.sum_seconds * 1.1, .interval = std::nullopt};
    profile.residual_seconds = profile.sum_seconds * 0.1;
    profile.clock_overhead = Estimate{.value = 1.02, .interval = Interval{1.01, 1.03, 0.96}};
    return profile;
}

RunOrigin origin() {
    MachineInfo machine;
    machine.cpu.model_name = "Example CPU @ 2.00GHz";
    machine.cpu.hypervisor = true;
    machine.allowed_cpus = {0, 1};
    machine.caches = {
        {1, "Data", 32768}, {1, "Instruction", 32768}, {2, "Unified", 1048576}, {3, "Unified", 34603008}};
    machine.memory = {.total_bytes = 8LL << 30, .available_bytes = 6LL << 30};
    machine.kernel = "6.1.0-example";
    machine.load_average = {{0.25, 0.5, 0.75}};
    return {.version = "1.2.3",
            .commit = "0123456789ab",
            .compiler = "GNU 12.2.0",
            .flags = "-O3 -DNDEBUG",
            .machine = machine,
            .engines = {{"onednn", true, "", {"onednn", "2.6.0", "avx2", {"f32"}, ""}},
                        {"xnnpack", true, "", {"xnnpack", "2022-02", "", {"f32"}, ""}}}};
}

/// The points of a cell on one engine; of the base the separable network alone.
void add_bench_points(SweepRun& run, const char* engine, std::size_t cell) {
    const std::size_t base = run.points.size() - 2 * cell + 4;
    const bool is_base = cell == 2;
    for (const NetworkKind network : {NetworkKind::separable, NetworkKind::standard}) {
        const bool standard = network == NetworkKind::standard;
        if (standard && is_base) break;
        const std::size_t index = run.points.size();
        SweepPoint& point = run.points.emplace_back();
        point.cell = cell;
        point.engine = engine;
        point.threads = engine == run.timing.engines.front() ? 1 : 2;
        point.network = network;
        point.base = standard ? index : base;
        if (!is_base) point.counterpart = standard ? index - 1 : index + 1;
        point.counts = counts_of(run.cells[cell], network);
        point.counts->peak_activation_bytes = run.cells[cell].peak_activation_bytes;
        point.memory = {.weight_bytes = point.counts->weight_bytes,
                        .activation_bytes = point.counts->peak_activation_bytes + 64,
                        .scratch_bytes = 4096,
                        .kept_bytes = 64};
        point.memory_bytes = total_bytes(*point.memory);
    }
}

PointResult result_of(const SweepRun& run, std::size_t index, double confidence) {
    const SweepPoint& point = run.points[index];
    const CellSamples& samples = run.measurement.cells[index];
    PointResult result;
    result.status = point.status;
    result.reason = point.reason;
    const auto macs = [&](std::size_t i) { return static_cast<double>(run.points[i].counts->macs); };
    const bool separable = point.network == NetworkKind::separable;
    result.analytic_speedup = macs(point.base) / macs(index);
    if (separable) result.analytic_standard = macs(*point.counterpart) / macs(index);
    result.rounds = static_cast<std::int64_t>(samples.blocks.size());
    if (!samples.failure.empty()) {
        result.status = point.status == BenchStatus::ok ? BenchStatus::failed : point.status;
        result.reason = samples.failure;
        return result;
    }
    result.disturbed = index == kImprecise ? 1 : 0;
    result.seconds = median_estimate(round_seconds(samples), confidence);
    const auto ratio = [&](std::size_t slower) -> std::optional<Estimate> {
        const CellSamples& other = run.measurement.cells[slower];
        if (!other.failure.empty()) return std::nullopt;
        return paired_ratio(round_seconds(other), round_seconds(samples), confidence);
    };
    result.speedup = ratio(point.base);
    if (result.speedup) result.kept = scaled(*result.speedup, 1 / *result.analytic_speedup);
    if (separable) result.standard = ratio(*point.counterpart);
    if (result.standard) result.standard_kept = scaled(*result.standard, 1 / *result.analytic_standard);
    if (point.base != index) result.detectable_change = 0.0125;
    result.wide.speedup = index == kImprecise;
    result.wide.standard = index + 1 == kImprecise;
    result.precise = !result.wide.any();
    return result;
}

}  // namespace

SweepRun fabricated_run() {
    SweepRun run;
    run.peaks = {{.threads = 1, .flops_per_second = 200e9, .bytes_per_second = 20e9}};
    run.started = "2026-01-31T12:00:00Z";
    run.origin = origin();
    run.settings = {.convention = "paper", .alpha_scope = "published"};
    run.timing.engines = {"onednn", "xnnpack"};
    run.timing.threads = {1, 2};
    run.timing.rounds = 100;
    run.timing.max_seconds = 60;
    run.timing.seed = 7;
    run.models = {"mobilenet_v1"};
    run.cells = cells();
    run.points = points(run.cells);
    run.preflight.readings = {.seconds = 0.6,
                              .cpus = 2,
                              .load_average = 0.25,
                              .steal_share = 0.01,
                              .involuntary_switches_per_s = 3,
                              .clock_resolution_seconds = 30e-9,
                              .loop = {500, 1e-3, 1.02, 1.5},
                              .ping_pong_seconds = 250e-9};
    run.preflight.verdict = NoiseVerdict::usable;
    run.preflight.reasons = {"usable: the hypervisor took 1.0 % of the CPU time, quiet is at most 0.5 %"};
    run.measurement = measurement(run.points);
    run.profiles.resize(run.points.size());
    run.profiles[0] = profile(1, 1, 1);
    run.profiles[6] = profile(7.43, 4, 6);
    run.profiles[8].emplace();
    run.profiles[8]->engine = "xnnpack";
    run.profiles[8]->threads = 2;
    run.profiles[8]->reason = "this engine runs layers apart";
    return run;
}

SweepRun fabricated_bench() {
    SweepRun run = fabricated_run();
    run.cells = {run.cells[3], run.cells[2], run.cells[0]};  // two variants and their base
    run.points.clear();
    for (const char* engine : {"onednn", "xnnpack"}) {
        for (std::size_t cell = 0; cell < run.cells.size(); ++cell)
            add_bench_points(run, engine, cell);
    }
    run.points[6].status = BenchStatus::skipped;
    run.points[6].reason = "needs 1.2 GiB, \"only\" 0.9 GiB are free";
    run.measurement = measurement(run.points);
    run.profiles.assign(run.points.size(), std::nullopt);
    run.profiles[0] = profile(7.43, 4, 6);
    run.profiles[0]->layers[1].fused = true;
    return run;
}

SweepResult fabricated_result(const SweepRun& run) {
    SweepResult result;
    for (std::size_t i = 0; i < run.points.size(); ++i)
        result.points.push_back(result_of(run, i, run.timing.confidence));
    result.fits = {
        {"mobilenet_v1", "onednn", 1, NetworkKind::separable, 4, {0.9, Interval{0.89, 0.91, 0.96}}},
        {"mobilenet_v1", "xnnpack", 2, NetworkKind::separable, 3, {0.875, std::nullopt}}};
    result.worst_interval = 0.041;
    result.detectable_change = 0.0125;
    result.imprecise = 2;
    return result;
}

}  // namespace mobilenet_cost::testing_support
