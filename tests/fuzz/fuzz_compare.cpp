// Any bytes give a stored document, which compared with itself has no difference, or an Error. Whatever else
// leaves here is a finding.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/compare/read_stored.h"
#include "mobilenet_cost/report/compare/json.h"
#include "mobilenet_cost/report/compare/report.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

namespace {

mc::CompareSettings gating() {
    mc::CompareSettings settings;
    settings.gate_times = true;
    return settings;
}

void check_report(const mc::CompareResult& result) {
    require(!mc::render_text(mc::compare_sections(result), mc::TextStyle::plain).empty(), "rendered");
    require(!mc::render_csv(mc::compare_table(result)).empty(), "a table");
    require(mc::compare_json(result).find(":nan") == std::string::npos, "no NaN in a document");
    require(!mc::compare_jsonl(result).empty(), "lines");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        mc::StoredDocument stored = mc::parse_stored(text, "fuzz.json");
        require(!stored.cells.empty(), "a document has cells");
        const mc::CompareResult result = mc::compare(stored, stored, gating());
        require(result.outcome == mc::CompareOutcome::same && result.differences.empty(), "equal to itself");
        check_report(result);
        // A cell less is a difference, or nothing is left to compare.
        const mc::StoredDocument whole = stored;
        stored.cells.pop_back();
        if (stored.cells.empty()) return 0;
        const mc::CompareResult less = mc::compare(whole, stored, {});
        require(less.outcome == mc::CompareOutcome::differs, "a vanished cell is seen");
        check_report(less);
    } catch (const mc::Error&) {  // nothing that can be compared
    }
    return 0;
}
