#include "mobilenet_cost/count/model_summaries.h"
#include "mobilenet_cost/report/count/lists_report.h"

#include "app.h"
#include "output.h"

namespace mobilenet_cost::app {

void setup_models(Command& command) {
    auto options = std::make_shared<OutputOptions>();
    add_output_options(command, *options);
    command.on_run([options] {
        Output output(*options);
        const std::vector<ModelSummary> models = model_summaries();
        output.write(models_report(models));
        return kFine;
    });
}

}  // namespace mobilenet_cost::app
