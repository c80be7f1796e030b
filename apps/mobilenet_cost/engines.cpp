#include "mobilenet_cost/report/count/lists_report.h"

#include "app.h"
#include "output.h"

namespace mobilenet_cost::app {

Run setup_engines(CLI::App& command) {
    auto options = std::make_shared<OutputOptions>();
    add_output_options(command, *options);
    return [options] {
        Output output(*options);
        const std::vector<EngineStatus> engines = engine_statuses();
        output.write({.sections =
                          [&] {
                              return std::vector<Section>{{"", engines_table(engines)}};
                          },
                      .csv = [&] { return engines_table(engines); },
                      .json = [&] { return engines_json(engines); },
                      .jsonl = [&] { return engines_jsonl(engines); }});
        return kFine;
    };
}

}  // namespace mobilenet_cost::app
