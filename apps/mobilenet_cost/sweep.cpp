#include "mobilenet_cost/sweep.h"

#include "mobilenet_cost/report/sweep_report.h"

#include "app.h"
#include "options.h"
#include "output.h"

namespace mobilenet_cost::app {
namespace {

struct SweepOptions {
    VariantOptions variant;
    OutputOptions output;
    std::string convention = "paper";
};

int run_sweep(const SweepOptions& options) {
    const Convention& convention = find_convention(options.convention);
    SweepSettings settings{.data_type = read_data_type(options.variant.data_type),
                           .convention = convention.name,
                           .alpha_scope = options.variant.alpha_scope};
    std::vector<SweepCell> cells;
    for (const Family& family : read_families(options.variant, DefaultGrid::published)) {
        settings.classes = family.variants.front().classes;
        settings.batch = family.variants.front().batch;
        for (SweepCell& cell : sweep(family.config, family.variants, convention))
            cells.push_back(std::move(cell));
    }
    Output output(options.output);
    output.write({.sections = [&] { return sweep_sections(cells, settings); },
                  .csv = [&] { return sweep_table(cells, settings); },
                  .json = [&] { return sweep_json(cells, settings); },
                  .jsonl = [&] { return sweep_jsonl(cells, settings); }});
    return kFine;
}

}  // namespace

Run setup_sweep(CLI::App& command) {
    auto options = std::make_shared<SweepOptions>();
    add_variant_options(command, options->variant);
    command.add_option("--convention", options->convention, "who counts (see `conventions`) [paper]")
        ->type_name("NAME");
    add_output_options(command, options->output);
    command.footer("Without --alpha or --res, the published ones of the model.");
    return [options] { return run_sweep(*options); };
}

}  // namespace mobilenet_cost::app
