#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/count/explain.h"
#include "mobilenet_cost/report/count/cost_json.h"
#include "mobilenet_cost/report/count/cost_report.h"

#include "app.h"
#include "options.h"
#include "output.h"

namespace mobilenet_cost::app {
namespace {

struct CostOptions {
    VariantOptions variant;
    OutputOptions output;
    std::string convention = "paper";
    std::vector<std::string> show;
    std::string explain;
};

const std::vector<std::string> kParts = {"totals", "layers", "blocks", "scaling", "all"};

CostView read_view(const std::vector<std::string>& show, std::size_t variants) {
    if (show.empty()) return default_view(variants);
    CostView view;
    for (const std::string& part : parse_names(show)) {
        const bool all = part == "all";
        view.totals |= all || part == "totals";
        view.layers |= all || part == "layers";
        view.blocks |= all || part == "blocks";
        view.scaling |= all || part == "scaling";
        if (std::find(kParts.begin(), kParts.end(), part) == kParts.end())
            fail_unknown("--show", "part", part, kParts);
    }
    return view;
}

std::vector<Analysis> analyze_all(const CostOptions& options) {
    const DataType type = read_data_type(options.variant.data_type);
    const Convention& convention = find_convention(options.convention);
    std::vector<Analysis> analyses;
    for (const Family& family : read_families(options.variant, DefaultGrid::one)) {
        for (const Variant& variant : family.variants)
            analyses.push_back(analyze(family.config, variant, type, convention));
    }
    return analyses;
}

/// Text whatever --format says: it is a derivation to read.
std::vector<Section> explain_all(const CostOptions& options) {
    const DataType type = read_data_type(options.variant.data_type);
    std::vector<Section> sections;
    for (const Family& family : read_families(options.variant, DefaultGrid::one)) {
        for (const Variant& variant : family.variants) {
            const Network network = expand(family.config, variant);
            sections.push_back({explain_layer(network, find_layer(network, options.explain), type), {}});
        }
    }
    return sections;
}

int run_explain(const CostOptions& options) {
    if (!options.output.format.empty() && options.output.format != "table")
        fail("--explain", "expected --format table, found " + shortened(options.output.format));
    Output output({"table", options.output.path, options.output.plain});
    output.write({.sections = [&] { return explain_all(options); }, .csv = {}, .json = {}, .jsonl = {}});
    return kFine;
}

int run_cost(const CostOptions& options) {
    if (!options.explain.empty()) return run_explain(options);
    const std::vector<Analysis> analyses = analyze_all(options);
    const CostView view = read_view(options.show, analyses.size());
    Output output(options.output);
    output.write({.sections = [&] { return cost_sections(analyses, view); },
                  .csv = [&] { return cost_csv_table(analyses, view); },
                  .json = [&] { return cost_json(analyses); },
                  .jsonl = [&] { return cost_jsonl(analyses); }});
    return kFine;
}

}  // namespace

Run setup_cost(CLI::App& command) {
    auto options = std::make_shared<CostOptions>();
    add_variant_options(command, options->variant);
    command.add_option("--convention", options->convention, "who counts (see `conventions`) [paper]")
        ->type_name("NAME");
    add_list(command, "--show", options->show, "LIST",
             "totals,layers,blocks,scaling,all [all for one variant]");
    command.add_option("--explain", options->explain, "the formulas of one layer with its numbers")
        ->type_name("LAYER");
    add_output_options(command, options->output);
    return [options] { return run_cost(*options); };
}

}  // namespace mobilenet_cost::app
