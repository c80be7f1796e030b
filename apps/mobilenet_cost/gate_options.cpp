#include "gate_options.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/gate/child_process.h"
#include "mobilenet_cost/gate/runner.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestConfig = std::size_t{1} << 20U;

/// Bundled models are each build's own; a file is sent to both as it is.
GateCell model_cell(const std::string& model, const ModelConfig& config) {
    GateCell cell;
    cell.model = config.name;
    const bool is_path = model.find('/') != std::string::npos || fs::path(model).extension() == ".json";
    if (is_path) cell.config = read_text_file(model, kLargestConfig);
    return cell;
}

std::vector<GateCell> grid_cells(const GateOptions& options) {
    const std::vector<std::string> models = parse_names(options.variant.models);
    const std::vector<Family> families = read_families(options.variant, DefaultGrid::one);
    std::vector<std::string> engines = parse_names(options.timing.engines);
    if (engines.empty()) engines.emplace_back();  // the fastest that both have
    const std::vector<NetworkKind> networks = read_networks(options.networks, {NetworkKind::separable});
    const std::vector<int> threads = read_threads(options.timing.threads);
    std::vector<GateCell> cells;
    for (std::size_t i = 0; i < families.size(); ++i) {
        GateCell cell = model_cell(models.at(i), families[i].config);
        for (const Variant& variant : families[i].variants) {
            for (const NetworkKind network : networks) {
                for (const std::string& engine : engines) {
                    for (const int count : threads) {
                        cell.variant = variant;
                        cell.network = network;
                        cell.engine = engine;
                        cell.threads = count;
                        cells.push_back(cell);
                    }
                }
            }
        }
    }
    return cells;
}

/// The flags must name one cell: the one that the cells of a file begin from.
GateCell file_defaults(const GateOptions& options) {
    GateOptions one = options;
    if (one.variant.resolutions.empty() && one.variant.betas.empty()) one.variant.resolutions = {"1"};
    std::vector<GateCell> cells = grid_cells(one);
    if (cells.size() != 1)
        fail("--cells",
             fmt::format("expected flags that name one network beside it, found {}", cells.size()));
    if (one.variant.resolutions != options.variant.resolutions) cells.front().variant.resolution = 0;
    return cells.front();
}

void refuse_repetitions(const std::vector<GateCell>& cells) {
    std::vector<std::string> names;
    for (const GateCell& cell : cells)
        names.push_back(gate_cell_name(cell));
    std::sort(names.begin(), names.end());
    const auto again = std::adjacent_find(names.begin(), names.end());
    if (again != names.end()) fail("", fmt::format("expected every cell once, found {} again", *again));
}

std::unique_ptr<WorkerLine> start(const BuildUnderTest& build) {
    const fs::path path = fs::absolute(build.program);
    std::error_code ignored;
    const std::string place = fmt::format("{}: {}", build.flag, build.program);
    if (!fs::exists(path, ignored)) fail(place, "there is no such file");
    if (fs::is_directory(path, ignored)) fail(place, "expected a program, found a directory");
    try {
        return start_worker(path.string());
    } catch (const ChildFailure& failure) {
        fail(place, failure.what());
    }
}

}  // namespace

void add_gate_options(CLI::App& command, GateOptions& options) {
    const GateSettings defaults;
    add_variant_options(command, options.variant, Bytes::not_counted);
    add_timing_options(command, options.timing, fmt::format("[at most {}]", defaults.rounds),
                       fmt::format("[{:g}]", defaults.max_seconds));
    add_list(command, "--networks", options.networks, "LIST", "separable, standard [separable]");
    command.add_option("--cells", options.cells, "a JSON list of cells, or a sweep's document")
        ->type_name("FILE");
    command
        .add_option("--threshold", options.threshold,
                    fmt::format("dead band: smaller changes are none [{:g}]", defaults.rule.threshold))
        ->type_name("X");
    command
        .add_option("--tolerance", options.tolerance,
                    fmt::format("slowdown that `same` excludes [{:g}]", defaults.rule.tolerance))
        ->type_name("X");
    command
        .add_option("--significance", options.significance,
                    fmt::format("chance of any false alarm [{:g}]", defaults.rule.significance))
        ->type_name("P");
    command.add_option("--require-cells", options.require_cells, "fail when fewer were measured [1]")
        ->type_name("N");
    command
        .add_option("--block-seconds", options.block_seconds,
                    fmt::format("the shortest block of passes [{:g}]", defaults.block_seconds))
        ->type_name("S");
    command
        .add_option("--answer-seconds", options.answer_seconds,
                    fmt::format("the longest wait for a build's answer [{:g}]", defaults.answer_seconds))
        ->type_name("S");
    command.add_flag("--no-layers", options.no_layers, "do not time the layers");
    command.add_option("--progress", options.progress, "auto: on a terminal")->type_name("auto|always|never");
}

GateSettings read_gate_settings(const GateOptions& options) {
    const TimingOptions& timing = options.timing;
    GateSettings settings;
    const auto read = [](const std::string& text, const std::string& flag, double& value) {
        if (!text.empty()) value = read_number_flag(text, flag);
    };
    read(options.threshold, "--threshold", settings.rule.threshold);
    read(options.tolerance, "--tolerance", settings.rule.tolerance);
    read(options.significance, "--significance", settings.rule.significance);
    const auto read_time = [](const std::string& text, const std::string& flag, double& value) {
        if (!text.empty()) value = read_seconds(text, flag);
    };
    read_time(options.block_seconds, "--block-seconds", settings.block_seconds);
    read_time(options.answer_seconds, "--answer-seconds", settings.answer_seconds);
    read_time(timing.max_seconds, "--max-seconds", settings.max_seconds);
    if (!timing.rounds.empty()) settings.rounds = read_count(timing.rounds, "--rounds");
    if (!timing.seed.empty()) settings.seed = read_seed(timing.seed, "--seed");
    if (!options.require_cells.empty())
        settings.require_cells = read_count(options.require_cells, "--require-cells");
    settings.cpu = read_cpu(timing.cpu);
    settings.layers = !options.no_layers;
    check_rule(settings.rule);
    return settings;
}

std::vector<GateCell> read_gate_cells(const GateOptions& options) {
    std::vector<GateCell> cells;
    if (options.cells.empty()) {
        cells = grid_cells(options);
    } else {
        cells = load_gate_cells(options.cells, file_defaults(options));
        for (GateCell& cell : cells) {
            if (cell.variant.resolution == 0) cell.variant.resolution = find_model(cell.model).resolution;
        }
    }
    refuse_repetitions(cells);
    return cells;
}

void fit_blocks(const GateOptions& options, std::size_t cells, double share, GateSettings& settings) {
    GateSettings shortest = settings;
    shortest.max_seconds *= share;
    if (options.block_seconds.empty())
        settings.block_seconds =
            std::min(settings.block_seconds, longest_block_seconds(shortest.max_seconds, cells));
    shortest.block_seconds = settings.block_seconds;
    check_blocks(shortest, cells);
}

GateRun run_builds(const BuildUnderTest& base, const BuildUnderTest& head, const std::vector<GateCell>& cells,
                   const GateSettings& settings, const GateHooks& hooks) {
    GateWorker base_worker(base.flag, base.program, start(base), settings.answer_seconds);
    GateWorker head_worker(head.flag, head.program, start(head), settings.answer_seconds);
    GateRun run = run_gate(base_worker, head_worker, cells, settings, hooks);
    run.base.program = base.program;
    run.head.program = head.program;
    return run;
}

std::string gate_progress_text(const GateProgress& progress) {
    using Phase = GateProgress::Phase;
    switch (progress.phase) {
        case Phase::preflight:
            return "looking how quiet the machine is";
        case Phase::prepare:
            return fmt::format("preparing {}/{}", progress.done, progress.total);
        case Phase::warm_up:
            return fmt::format("warming up {}/{}", progress.done, progress.total);
        case Phase::rounds:
            break;
    }
    const std::string left =
        progress.seconds_left ? fmt::format(", at most {:.0f} s left", *progress.seconds_left) : "";
    return fmt::format("round {}/{}, {}/{} cells decided{}", progress.done, progress.total, progress.decided,
                       progress.rows, left);
}

}  // namespace mobilenet_cost::app
