#include <map>
#include <string>

#include <fmt/format.h>

#include "mobilenet_cost/count/model_summaries.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/report/count/lists_report.h"

#include "app.h"
#include "output.h"

namespace mobilenet_cost::app {
namespace {

struct ModelsOptions {
    OutputOptions output;
    bool all = false;
};

/// "keras 6, timm 27": families of each library.
std::string libraries_text() {
    std::map<std::string, int> families;
    for (const std::string& name : library_model_names())
        ++families[name.substr(0, name.find(':'))];
    std::string text;
    for (const auto& [library, count] : families)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", library, count);
    return text;
}

int run_models(const ModelsOptions& options) {
    Output output(options.output);
    const std::vector<ModelSummary> models = model_summaries(options.all);
    Report report = models_report(models);
    if (!options.all)
        report.sections = [table = report.sections] {
            std::vector<Section> sections = table();
            sections.push_back(
                {fmt::format("--model LIBRARY:NAME is the network as a library builds it (families: "
                             "{}); --all lists them.\n",
                             libraries_text()),
                 {}});
            return sections;
        };
    output.write(report);
    return kFine;
}

}  // namespace

void setup_models(Command& command) {
    auto options = std::make_shared<ModelsOptions>();
    command.flag("--all", options->all, "the networks that libraries build, too");
    add_output_options(command, options->output);
    command.on_run([options] { return run_models(*options); });
}

}  // namespace mobilenet_cost::app
