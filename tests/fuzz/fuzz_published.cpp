// Any bytes give published accuracies, or an Error. Whatever else leaves here is a finding.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/pick/published.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const std::vector<mc::PublishedAccuracy> rows = mc::parse_published(text, "fuzz.json");
        require(!rows.empty(), "a file has a row");
        for (const mc::PublishedAccuracy& row : rows) {
            require(row.top1 > 0 && row.top1 <= 1, "a fraction");
            require(!row.top5 || (*row.top5 >= row.top1 && *row.top5 <= 1), "top-5 is at least top-1");
            require(row.url.starts_with("https://") && !row.source.empty(), "has a source");
            const mc::PublishedAccuracy* found = mc::find_published(
                rows, row.model, {.alpha = row.alpha, .resolution = row.resolution}, row.data_type);
            require(found != nullptr, "is found again");
        }
    } catch (const mc::Error&) {  // not such a file
    }
    return 0;
}
