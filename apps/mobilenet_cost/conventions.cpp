#include <algorithm>
#include <string>
#include <vector>

#include "mobilenet_cost/count/ledger.h"
#include "mobilenet_cost/count/library_note.h"
#include "mobilenet_cost/report/count/ledger_report.h"

#include "app.h"
#include "options.h"
#include "output.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

struct ConventionsOptions {
    VariantOptions variant;
    OutputOptions output;
};

int run_conventions(const ConventionsOptions& options) {
    std::string note;
    const std::vector<Ledger> ledgers =
        for_each_variant(options.variant, [&](const ModelConfig& config, const Variant& variant) {
            if (note.empty()) note = unchecked_note(config, variant);
            return make_ledger(config, variant);
        });
    if (!note.empty()) say("{}", note);
    Output output(options.output);
    output.write(ledger_report(ledgers));
    return kFine;
}

}  // namespace

void setup_conventions(Command& command) {
    auto options = std::make_shared<ConventionsOptions>();
    add_variant_options(command, options->variant, Bytes::not_counted);
    add_output_options(command, options->output);
    command.on_run([options] { return run_conventions(*options); });
}

}  // namespace mobilenet_cost::app
