#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace mobilenet_cost {

class ObjectReader;

/// Pixels of one side; far beyond any mobile network.
inline constexpr std::int64_t kLargestResolution = 1'000'000;

/// Height and width of an input, pixels. A square is one number wherever it is read or written, a rectangle
/// "240x320", height first.
struct Resolution {
    std::int64_t height = 0;
    std::int64_t width = 0;

    constexpr Resolution() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): a number is a square
    constexpr Resolution(std::int64_t side) : height(side), width(side) {}
    constexpr Resolution(std::int64_t of_height, std::int64_t of_width)
        : height(of_height), width(of_width) {}

    bool operator==(const Resolution&) const = default;
    /// By pixels; of rectangles with as many the lower one first.
    std::strong_ordering operator<=>(const Resolution& other) const {
        const auto pixels = height * width <=> other.height * other.width;
        return pixels != 0 ? pixels : height <=> other.height;
    }
};

/// Of a square.
[[nodiscard]] inline std::optional<std::int64_t> side_of(const Resolution& resolution) {
    return resolution.height == resolution.width ? std::optional(resolution.height) : std::nullopt;
}

/// The side of the square with as many pixels, over that of the square with as many as the model's own input
/// has: MACs follow its square.
[[nodiscard]] double resolution_multiplier(const Resolution& resolution, const Resolution& native);

/// "224", "240x320"
[[nodiscard]] std::string resolution_text(const Resolution& resolution);

/// A number, or HEIGHTxWIDTH. Throws Error at `place`.
[[nodiscard]] Resolution parse_resolution(std::string_view text, const std::string& place);

/// Values of a LIST argument: those of parse_integers(), and rectangles among them.
[[nodiscard]] std::vector<Resolution> parse_resolutions(const std::vector<std::string>& texts,
                                                        const std::string& place);

/// Of a document: "resolution" is a number or "240x320", or "height" and "width" say it and it is null or
/// absent; what is not there at all is `absent`. Throws Error.
[[nodiscard]] Resolution read_resolution(const ObjectReader& reader, const Resolution& absent);

}  // namespace mobilenet_cost

template <>
struct fmt::formatter<mobilenet_cost::Resolution> : fmt::formatter<std::string> {
    template <typename Context>
    auto format(const mobilenet_cost::Resolution& resolution, Context& context) const {
        return fmt::formatter<std::string>::format(mobilenet_cost::resolution_text(resolution), context);
    }
};
