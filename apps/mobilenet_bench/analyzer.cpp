// Speed of the analyzer itself, under Google Benchmark.

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/report/count/cost_json.h"
#include "mobilenet_cost/report/count/cost_report.h"
#include "mobilenet_cost/report/count/grid_report.h"

#include "benches.h"

namespace mobilenet_cost {
namespace {

const Convention& paper() {
    return find_convention("paper");
}

/// 100 width multipliers x 100 resolutions.
std::vector<Variant> ten_thousand_variants() {
    std::vector<Variant> variants;
    for (int alpha = 1; alpha <= 100; ++alpha) {
        for (int step = 0; step < 100; ++step) {
            Variant variant;
            variant.alpha = alpha / 100.0;
            variant.resolution = 32 + 4 * step;
            variants.push_back(variant);
        }
    }
    return variants;
}

void parse_config(benchmark::State& state, const std::string& model) {
    for (auto _ : state)
        benchmark::DoNotOptimize(find_model(model));
}

/// Totals of one variant without building its network.
void totals(benchmark::State& state, const std::string& model) {
    const ModelConfig config = find_model(model);
    Variant variant;
    variant.resolution = config.resolution;
    std::int64_t step = 0;
    for (auto _ : state) {
        variant.alpha = 0.25 + 0.01 * static_cast<double>(step++ % 76);
        benchmark::DoNotOptimize(total_cost(config, variant));
    }
    state.SetItemsProcessed(state.iterations());
}

void expand_network(benchmark::State& state, const std::string& model) {
    const ModelConfig config = find_model(model);
    Network network;
    for (auto _ : state) {
        expand_into(config, Variant{}, network);
        benchmark::DoNotOptimize(network.layers.data());
    }
}

/// Everything `cost` says about one variant.
void analysis(benchmark::State& state, const std::string& model) {
    const ModelConfig config = find_model(model);
    for (auto _ : state)
        benchmark::DoNotOptimize(analyze(config, Variant{}, DataType::f32, paper()));
}

/// Totals, peak memory and both ratios of 10,000 cells.
void grid(benchmark::State& state, const std::string& model) {
    const ModelConfig config = find_model(model);
    const std::vector<Variant> variants = ten_thousand_variants();
    for (auto _ : state)
        benchmark::DoNotOptimize(sweep(config, variants, paper()));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(variants.size()));
}

void grid_to_json(benchmark::State& state, const std::string& model) {
    const std::vector<SweepCell> cells = sweep(find_model(model), ten_thousand_variants(), paper());
    SweepSettings settings;
    settings.convention = "paper";
    settings.alpha_scope = alpha_scope_name(AlphaScope::published);
    for (auto _ : state)
        benchmark::DoNotOptimize(sweep_report(cells, settings).json());
}

/// The paper's 4 x 4 grid with every layer.
void sixteen_variants_to_json(benchmark::State& state, const std::string& model) {
    const ModelConfig config = find_model(model);
    for (auto _ : state) {
        std::vector<Analysis> analyses;
        for (const double alpha : {1.0, 0.75, 0.5, 0.25}) {
            for (const std::int64_t resolution : {224, 192, 160, 128}) {
                Variant variant;
                variant.alpha = alpha;
                variant.resolution = resolution;
                analyses.push_back(analyze(config, variant, DataType::f32, paper()));
            }
        }
        benchmark::DoNotOptimize(cost_json(analyses));
    }
}

using Body = void (*)(benchmark::State&, const std::string&);

struct Row {
    const char* name;
    Body body;
    benchmark::TimeUnit unit;
};

constexpr Row kRows[] = {
    {"analyzer/parse_config", parse_config, benchmark::kMicrosecond},
    {"analyzer/totals", totals, benchmark::kMicrosecond},
    {"analyzer/expand", expand_network, benchmark::kMicrosecond},
    {"analyzer/analyze", analysis, benchmark::kMicrosecond},
    {"analyzer/grid_10000", grid, benchmark::kMillisecond},
    {"analyzer/grid_10000_json", grid_to_json, benchmark::kMillisecond},
    {"analyzer/grid_16_layers_json", sixteen_variants_to_json, benchmark::kMillisecond},
};

}  // namespace

void register_analyzer() {
    for (const Row& row : kRows) {
        for (const std::string& model : model_names()) {
            const std::string name = std::string(row.name) + "/" + model;
            benchmark::RegisterBenchmark(name.c_str(), row.body, model)->Unit(row.unit);
        }
    }
}

}  // namespace mobilenet_cost
