#include <memory>
#include <string>
#include <utility>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/report/count/grid_report.h"

#include "app.h"
#include "measured_run.h"
#include "options.h"
#include "output.h"
#include "sweep_options.h"

namespace mobilenet_cost::app {
namespace {

/// Flags that would do nothing are refused.
void refuse_idle_flags(const Command& command, const SweepOptions& options) {
    if (!options.resume.empty()) return refuse_beside_resume(command);
    for (const CLI::Option* option : command.parser().get_options()) {
        const std::string flag = "--" + option->get_lnames().front();
        if (option->count() == 0) continue;
        if (flag == "--runtime" && options.bench) fail(flag, "expected a sweep without --bench");
        if (flag == "--spots" && !options.predict) fail(flag, "needs --predict");
        if (option->get_group() == kBenchGroup && !options.bench) fail(flag, "needs --bench");
    }
}

/// The grid as a run without points.
PicturedRun pictured_grid(const Grid& grid, const SweepOptions& options) {
    PicturedRun shown;
    shown.name = "counted, not timed";
    shown.run.settings = grid.settings;
    shown.run.cells = grid.cells;
    shown.run.models = options.variant.models;
    return pictured(std::move(shown), grid.configs, options.pictures);
}

int run_sweep(const Command& command, SweepOptions& options) {
    refuse_idle_flags(command, options);
    take_data_type(options.variant, options.runtime);
    share_stdout(command, options.pictures, options.outputs);
    if (!options.resume.empty()) return run_resumed(options);
    if (options.bench) return run_measured(options);
    const Grid grid = read_grid(options);
    require_cell(grid.cells, options.pictures);
    Pictures pictures(options.pictures);
    Output output(options.outputs.output);
    if (options.outputs.document) output.write(sweep_report(grid.cells, grid.settings, grid.needs));
    if (options.pictures.any()) pictures.write({pictured_grid(grid, options)});
    return kFine;
}

}  // namespace

Grid read_grid(const SweepOptions& options) {
    const Convention& convention = find_convention(options.convention);
    Grid grid;
    std::vector<Family> families = read_families(options.variant, DefaultGrid::published);
    if (options.bench) say_whose_weights_are_random(families);
    for (Family& family : families) {
        const DataType data_type = data_type_of(options.variant, family.config);
        for (SweepCell& cell : sweep(family.config, family.variants, convention, data_type)) {
            if (options.runtime)
                grid.needs.push_back(need_of(family.config, cell.variant, *options.runtime, data_type));
            grid.cells.push_back(std::move(cell));
        }
        grid.configs.push_back(std::move(family.config));
    }
    grid.settings = settings_of(options.variant, convention, grid.configs);
    return grid;
}

void setup_sweep(Command& command) {
    auto options = std::make_shared<SweepOptions>();
    add_variant_options(command, options->variant, Bytes::counted, DefaultGrid::published);
    add_convention_option(command, options->convention);
    add_runtime_option(command, options->runtime, "RAM and flash of");
    add_bench_options(command, *options);
    add_output_options(command, options->outputs.output);
    add_picture_options(command, options->pictures);
    command.footer("Without --alpha or --res, the published ones of the model.");
    command.on_run([options, &command] { return run_sweep(command, *options); });
}

}  // namespace mobilenet_cost::app
