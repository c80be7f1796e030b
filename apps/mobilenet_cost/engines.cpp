#include "mobilenet_cost/report/count/lists_report.h"

#include "app.h"
#include "output.h"

namespace mobilenet_cost::app {

void setup_engines(Command& command) {
    auto options = std::make_shared<OutputOptions>();
    add_output_options(command, *options);
    command.on_run([options] {
        Output output(*options);
        const std::vector<EngineStatus> engines = engine_statuses();
        output.write(engines_report(engines));
        return kFine;
    });
}

}  // namespace mobilenet_cost::app
