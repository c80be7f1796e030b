#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/count/analysis.h"
#include "mobilenet_cost/count/explain.h"
#include "mobilenet_cost/count/library_note.h"
#include "mobilenet_cost/report/count/cost_report.h"
#include "mobilenet_cost/report/count/explain_report.h"
#include "mobilenet_cost/report/count/memory_map_report.h"

#include "app.h"
#include "options.h"
#include "output.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

/// The parts that --show names.
enum class Part { totals, kinds, layers, blocks, scaling, all };
const std::vector<std::string> kParts = {"totals", "kinds", "layers", "blocks", "scaling", "all"};

struct CostOptions {
    VariantOptions variant;
    OutputOptions output;
    std::string convention = "paper";
    std::vector<Part> show;
    std::string explain;
    std::optional<Runtime> runtime;
    bool memory_map = false;
};

CostView view_of(const std::vector<Part>& show, std::size_t variants) {
    if (show.empty()) return default_view(variants);
    const auto shows = [&](Part part) {
        return std::any_of(show.begin(), show.end(),
                           [&](Part shown) { return shown == part || shown == Part::all; });
    };
    return {.totals = shows(Part::totals),
            .kinds = shows(Part::kinds),
            .layers = shows(Part::layers),
            .blocks = shows(Part::blocks),
            .scaling = shows(Part::scaling)};
}

std::vector<Explanation> explained_in(const ModelConfig& config, const Network& network,
                                      const CostOptions& options) try {
    return explain(network, options.explain, data_type_of(options.variant, config));
} catch (const Error& error) {
    fail(config.name, error.what());  // which of several has no such layer
}

int run_explain(const CostOptions& options) {
    if (!options.show.empty()) fail("--explain", "expected without --show, found both");
    if (options.runtime) fail("--explain", "expected without --runtime, found both");
    const std::vector<ExplainedVariant> variants =
        for_each_variant(options.variant, [&](const ModelConfig& config, const Variant& variant) {
            const Network network = expand(config, variant);
            ExplainedVariant explained{config.name, variant, explained_in(config, network, options)};
            explained.variant.resolution = {network.input.h, network.input.w};
            return explained;
        });
    Output output(options.output, {kLatex});
    output.write(explain_report(variants));
    return kFine;
}

MemoryMap map_of(const ModelConfig& config, const Network& network, Runtime runtime, DataType data_type) try {
    return memory_map(network, runtime, data_type);
} catch (const Error& error) {
    fail(config.name, error.what());
}

int run_memory_map(const CostOptions& options) {
    for (const char* format : {"csv", "json", "jsonl", "latex"}) {
        if (options.output.format == format)
            fail("--memory-map", fmt::format("expected the format table or markdown, found {}", format));
    }
    if (!options.show.empty()) fail("--memory-map", "expected without --show, found both");
    const std::vector<MappedVariant> variants = for_each_variant(options.variant, [&](const ModelConfig&
                                                                                          config,
                                                                                      const Variant&
                                                                                          variant) {
        const Network network = expand(config, variant);
        const DataType data_type = data_type_of(options.variant, config);
        const Runtime runtime = options.runtime.value_or(default_runtime(data_type));
        MappedVariant mapped{config.name, variant, data_type, map_of(config, network, runtime, data_type)};
        mapped.variant.resolution = {network.input.h, network.input.w};
        return mapped;
    });
    Output output(options.output);
    output.write(memory_map_report(variants));
    return kFine;
}

int run_cost(CostOptions& options) {
    take_data_type(options.variant, options.runtime);
    if (options.memory_map && !options.explain.empty())
        fail("--memory-map", "expected without --explain, found both");
    if (options.memory_map) return run_memory_map(options);
    if (!options.explain.empty()) return run_explain(options);
    if (options.output.format == "latex") fail("--format latex", "needs --explain");
    const Convention& convention = find_convention(options.convention);
    std::vector<Analysis> analyses;
    std::vector<RuntimeNeed> needs;
    std::string note;
    for (const Family& family : read_families(options.variant, DefaultGrid::one)) {
        const DataType data_type = data_type_of(options.variant, family.config);
        for (const Variant& variant : family.variants) {
            analyses.push_back(analyze(family.config, variant, data_type, convention));
            if (options.runtime)
                needs.push_back(need_of(family.config, variant, *options.runtime, data_type));
        }
        if (note.empty()) note = library_note(convention, family.config, family.variants);
        if (note.empty()) note = unchecked_note(convention, family.config, family.variants.front());
    }
    if (!note.empty()) say("{}", note);
    const CostView view = view_of(options.show, analyses.size());
    const Report report = cost_report(analyses, view, !options.show.empty(), needs);
    std::vector<std::string> tables;
    for (const NamedTable& table : report.csv_tables)
        tables.push_back(table.name);
    Output output(options.output, {}, tables);
    output.write(report);
    return kFine;
}

}  // namespace

void setup_cost(Command& command) {
    auto options = std::make_shared<CostOptions>();
    add_variant_options(command, options->variant);
    add_convention_option(command, options->convention);
    command.choices("--show", "part", options->show, "totals,kinds,layers,blocks,scaling,all [all for one]",
                    kParts);
    command.text("--explain", "LAYER", options->explain, "formulas of a layer or block with its numbers");
    add_runtime_option(command, options->runtime, "RAM and flash of");
    command.flag("--memory-map", options->memory_map, "draw the memory of the runtime over the layers");
    add_output_options(command, options->output, {kLatex});
    command.on_run([options] { return run_cost(*options); });
}

}  // namespace mobilenet_cost::app
