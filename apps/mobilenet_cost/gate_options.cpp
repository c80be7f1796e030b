#include "gate_options.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/gate/child_process.h"
#include "mobilenet_cost/gate/runner.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestConfig = std::size_t{1} << 20U;

/// Bundled models are each build's own; a file is sent to both as it is.
GateCell model_cell(const std::string& model, const ModelConfig& config, const VariantOptions& options) {
    GateCell cell;
    cell.model = config.name;
    if (is_file_of_others(model)) {
        cell.model = model;  // each build reads it by itself
        cell.inputs = input_texts(options);
    } else if (is_model_path(model)) {
        cell.config = read_text_file(model, kLargestConfig);
    }
    return cell;
}

std::vector<GateCell> grid_cells(const GateOptions& options) {
    std::vector<std::string> engines = options.timing.engines;
    if (engines.empty()) engines.emplace_back();  // the fastest that both have
    std::vector<GateCell> cells;
    const std::vector<Family> families = read_families(options.variant, DefaultGrid::one);
    for (std::size_t i = 0; i < families.size(); ++i) {
        GateCell cell = model_cell(options.variant.models.at(i), families[i].config, options.variant);
        for (const Variant& variant : families[i].variants) {
            for (const NetworkKind network : options.networks) {
                for (const std::string& engine : engines) {
                    for (const int count : options.timing.threads) {
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

/// The single cell that the flags must name; cells of a file take from it whatever they leave out.
GateCell file_defaults(const GateOptions& options) {
    GateOptions one = options;
    if (one.variant.resolutions.empty() && one.variant.betas.empty()) one.variant.resolutions = {1};
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

void add_gate_options(Command& command, GateOptions& options) {
    GateSettings& settings = options.settings;
    const auto with_default = [](const char* help, double value) {
        return fmt::format("{} [{:g}]", help, value);
    };
    add_variant_options(command, options.variant, Bytes::not_counted);
    add_timing_options(command, options.timing, fmt::format("[at most {}]", settings.rounds),
                       fmt::format("[{:g}]", settings.max_seconds));
    add_networks_option(command, options.networks, "separable");
    command.text("--cells", "FILE", options.cells, "a JSON list of cells, or a sweep's document");
    command.share("--threshold", settings.rule.threshold,
                  with_default("dead band: smaller changes are ignored", settings.rule.threshold));
    command.share("--tolerance", settings.rule.tolerance,
                  with_default("slowdown that `same` excludes", settings.rule.tolerance));
    command.share("--significance", settings.rule.significance,
                  with_default("chance of any false alarm", settings.rule.significance));
    command.count("--require-cells", settings.require_cells, "fail when fewer were measured [1]");
    command.seconds("--block-seconds", options.block_seconds,
                    with_default("the shortest block of passes", settings.block_seconds));
    command.seconds("--answer-seconds", settings.answer_seconds,
                    with_default("the longest wait for a build's answer", settings.answer_seconds));
    command.flag("--no-layers", options.no_layers, "do not time the layers");
    add_progress_option(command, options.progress);
}

GateSettings read_gate_settings(const GateOptions& options) {
    GateSettings settings = options.settings;
    settings.block_seconds = options.block_seconds.value_or(settings.block_seconds);
    set_limits(options.timing, settings);
    settings.cpu = pinned_cpu(options.timing);
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
            if (cell.variant.resolution != 0) continue;
            cell.variant.resolution =
                find_model(cell.model, {.inputs = parse_inputs(cell.inputs, "--input")}).resolution;
        }
    }
    for (const GateCell& cell : cells)
        check_cpus_for(cell.threads, options.cells.empty() ? "--threads" : options.cells);
    refuse_repetitions(cells);
    return cells;
}

void fit_blocks(const GateOptions& options, std::size_t cells, double share, GateSettings& settings) {
    GateSettings shortest = settings;
    shortest.max_seconds *= share;
    if (!options.block_seconds)
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
    if (progress.phase != GateProgress::Phase::rounds) return preparing_text(progress);
    return rounds_text(progress.done, progress.total,
                       fmt::format("{}/{} cells decided", progress.decided, progress.rows),
                       progress.seconds_left);
}

}  // namespace mobilenet_cost::app
