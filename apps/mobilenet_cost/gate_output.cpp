#include "gate_output.h"

#include <filesystem>

#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/report/gate/bmf.h"
#include "mobilenet_cost/report/gate/gbench.h"
#include "mobilenet_cost/report/gate/junit.h"

namespace mobilenet_cost::app {
namespace {

constexpr std::size_t kLargestGate = std::size_t{256} << 20U;  ///< bytes; a round of a cell has 400

}  // namespace

const std::vector<ExtraFormat>& gate_formats() {
    static const std::vector<ExtraFormat> formats = {{.name = "junit", .suffix = ".xml"},
                                                     {.name = "gbench", .suffix = ""},
                                                     {.name = "bmf", .suffix = ".bmf"}};
    return formats;
}

void write_gate(Output& output, const GateReport& report, const GateResult& result) {
    std::vector<ExtraFormat> extra = gate_formats();
    extra[0].write = [&] { return gate_junit(report, result); };
    extra[1].write = [&] { return gate_gbench(report, result); };
    extra[2].write = [&] { return gate_bmf(report, result); };
    output.write({.sections = [&] { return gate_sections(report, result); },
                  .csv = [&] { return gate_csv_table(report, result); },
                  .json = [&] { return gate_json(report, result); },
                  .jsonl = [&] { return gate_jsonl(report, result); },
                  .extra = extra});
}

std::optional<GateDocument> stored_gate(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;  // a pipe is read once
    const std::string text = read_text_file(path, kLargestGate);
    if (!is_gate_document(text)) return std::nullopt;
    return read_gate(text, path);
}

}  // namespace mobilenet_cost::app
