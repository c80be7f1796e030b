#include "mobilenet_cost/report/count/lists_report.h"

#include "app.h"
#include "output.h"

namespace mobilenet_cost::app {

Run setup_models(CLI::App& command) {
    auto options = std::make_shared<OutputOptions>();
    add_output_options(command, *options);
    return [options] {
        Output output(*options);
        const std::vector<ModelSummary> models = model_summaries();
        output.write({.sections =
                          [&] {
                              return std::vector<Section>{{"", models_table(models)}};
                          },
                      .csv = [&] { return models_table(models); },
                      .json = [&] { return models_json(models); },
                      .jsonl = [&] { return models_jsonl(models); }});
        return kFine;
    };
}

}  // namespace mobilenet_cost::app
