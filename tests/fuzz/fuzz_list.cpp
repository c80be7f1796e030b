// Any bytes give the values of a LIST argument, or an Error. Lines are uses of the flag.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"

#include "fuzz/fuzz_check.h"

namespace mc = mobilenet_cost;

namespace {

constexpr std::size_t kMostValues = 1'000'000;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines(1);
    for (const char c : text) {
        if (c == '\n') {
            lines.emplace_back();
        } else {
            lines.back() += c;
        }
    }
    return lines;
}

void check_numbers(const std::vector<std::string>& texts) try {
    const std::vector<double> values = mc::parse_numbers(texts, "--alpha");
    require(!values.empty() && values.size() <= kMostValues, "a list has 1 to a million values");
    for (const double value : values)
        require(std::isfinite(value) && value > 0, "a number is finite and above 0");
} catch (const mc::Error&) {  // not numbers
}

void check_integers(const std::vector<std::string>& texts) try {
    for (const std::int64_t value : mc::parse_integers(texts, "--res"))
        require(value >= 1, "a count is at least 1");
} catch (const mc::Error&) {  // not whole numbers
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::string> texts = lines_of({reinterpret_cast<const char*>(data), size});
    check_numbers(texts);
    check_integers(texts);
    require(mc::parse_names(texts).size() >= texts.size(), "each use of a flag has a name");
    return 0;
}
