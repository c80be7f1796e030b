#include "mobilenet_cost/report/count/ledger_report.h"

#include "app.h"
#include "options.h"
#include "output.h"

namespace mobilenet_cost::app {
namespace {

struct ConventionsOptions {
    VariantOptions variant;
    OutputOptions output;
};

int run_conventions(const ConventionsOptions& options) {
    std::vector<Ledger> ledgers;
    for (const Family& family : read_families(options.variant, DefaultGrid::one)) {
        for (const Variant& variant : family.variants)
            ledgers.push_back(make_ledger(family.config, variant));
    }
    Output output(options.output);
    output.write({.sections = [&] { return ledger_sections(ledgers); },
                  .csv = [&] { return ledger_csv_table(ledgers); },
                  .json = [&] { return ledger_json(ledgers); },
                  .jsonl = [&] { return ledger_jsonl(ledgers); }});
    return kFine;
}

}  // namespace

Run setup_conventions(CLI::App& command) {
    auto options = std::make_shared<ConventionsOptions>();
    add_variant_options(command, options->variant, Bytes::not_counted);
    add_output_options(command, options->output);
    return [options] { return run_conventions(*options); };
}

}  // namespace mobilenet_cost::app
