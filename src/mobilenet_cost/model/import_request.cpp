#include "mobilenet_cost/model/import_request.h"

#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr std::int64_t kLargestDim = 1 << 24;

/// 0: it is none.
std::int64_t read_dim(std::string_view text) {
    std::int64_t dim = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), dim);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && dim >= 1 && dim <= kLargestDim ? dim : 0;
}

}  // namespace

NamedDims parse_named_dims(const std::string& text, const std::string& place) {
    const std::size_t equals = text.rfind('=');  // a name may have one, too
    NamedDims named;
    if (equals != text.npos) named.name = text.substr(0, equals);
    std::string_view rest = std::string_view(text).substr(equals + 1);
    bool good = !named.name.empty();
    while (good) {
        const std::size_t end = rest.find('x');
        named.dims.push_back(read_dim(rest.substr(0, end)));
        good = named.dims.back() != 0;
        if (end == rest.npos) break;
        rest.remove_prefix(end + 1);
    }
    if (!good)
        fail(place, fmt::format("expected NAME=DIMS with whole numbers from 1 to {}, such as x=1x3x224x224, "
                                "found {}",
                                kLargestDim, in_quotes(text)));
    return named;
}

std::vector<NamedDims> parse_inputs(const std::vector<std::string>& texts, const std::string& place) {
    std::vector<NamedDims> inputs;
    for (const std::string& text : texts)
        inputs.push_back(parse_named_dims(text, place));
    return inputs;
}

std::string named_dims_text(const NamedDims& named) {
    return fmt::format("{}={}", named.name, fmt::join(named.dims, "x"));
}

}  // namespace mobilenet_cost
