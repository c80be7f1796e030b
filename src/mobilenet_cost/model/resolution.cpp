#include "mobilenet_cost/model/resolution.h"

#include <cmath>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/base/list.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

std::vector<Resolution> parse_item(const std::string& item, const std::string& place) {
    const std::size_t times = item.find('x');
    std::vector<Resolution> resolutions;
    if (times == std::string::npos) {
        for (const std::int64_t side : parse_integers({item}, place))
            resolutions.emplace_back(side);
        return resolutions;
    }
    const std::vector<std::string> sides = {item.substr(0, times), item.substr(times + 1)};
    for (const std::string& side : sides) {
        if (side.empty() || side.find_first_not_of("0123456789") != std::string::npos)
            fail(place,
                 fmt::format("expected pixels, or HEIGHTxWIDTH such as 240x320, found {}", in_quotes(item)));
    }
    return {{parse_integers({sides[0]}, place).front(), parse_integers({sides[1]}, place).front()}};
}

}  // namespace

double resolution_multiplier(const Resolution& resolution, const Resolution& native) {
    const auto length = [](const Resolution& of) {
        const auto side = side_of(of);
        return side ? static_cast<double>(*side)
                    : std::sqrt(static_cast<double>(of.height) * static_cast<double>(of.width));
    };
    return length(resolution) / length(native);
}

std::string resolution_text(const Resolution& resolution) {
    const auto side = side_of(resolution);
    return side ? fmt::format("{}", *side) : fmt::format("{}x{}", resolution.height, resolution.width);
}

std::vector<Resolution> parse_resolutions(const std::vector<std::string>& texts, const std::string& place) {
    constexpr std::size_t kMostResolutions = 1'000'000;
    std::vector<Resolution> resolutions;
    for (const std::string& item : parse_names(texts)) {
        const std::vector<Resolution> of_item = parse_item(item, place);
        resolutions.insert(resolutions.end(), of_item.begin(), of_item.end());
        if (resolutions.size() > kMostResolutions)
            fail(place, fmt::format("expected at most {} values, found more", kMostResolutions));
    }
    return resolutions;
}

Resolution parse_resolution(std::string_view text, const std::string& place) {
    const std::vector<Resolution> resolutions = parse_resolutions({std::string(text)}, place);
    if (resolutions.size() != 1)
        fail(place, fmt::format("expected pixels or HEIGHTxWIDTH, found {}", in_quotes(text)));
    return resolutions.front();
}

namespace {

Resolution read_given(const ObjectReader& reader) {
    if (reader.at("resolution").is_string())
        return parse_resolution(reader.text("resolution"), reader.place("resolution"));
    return reader.integer("resolution", 1, kLargestResolution);
}

Resolution read_sides(const ObjectReader& reader) {
    return {reader.integer("height", 1, kLargestResolution), reader.integer("width", 1, kLargestResolution)};
}

}  // namespace

Resolution read_resolution(const ObjectReader& reader, const Resolution& absent) {
    const bool given = reader.has("resolution") && !reader.at("resolution").is_null();
    const bool sides = reader.has("height") || reader.has("width");
    if (!given) return sides ? read_sides(reader) : absent;
    const Resolution resolution = read_given(reader);
    if (sides && read_sides(reader) != resolution)
        reader.fail_expected("resolution", "the same size as height and width");
    return resolution;
}

}  // namespace mobilenet_cost
