#include "mobilenet_cost/base/printable.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mobilenet_cost {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

/// Unicode's control and format characters (Cc, Cf) that are invisible or move others, line and paragraph
/// separators, tags and variation selectors, and the two that XML does not allow. C0 is handled apart.
constexpr std::array<Range, 18> kUnprintable = {{{0x7f, 0x9f},
                                                 {0xad, 0xad},
                                                 {0x34f, 0x34f},
                                                 {0x600, 0x605},
                                                 {0x61c, 0x61c},
                                                 {0x115f, 0x1160},
                                                 {0x180b, 0x180e},
                                                 {0x200b, 0x200f},
                                                 {0x2028, 0x202e},
                                                 {0x2060, 0x206f},
                                                 {0x3164, 0x3164},
                                                 {0xfe00, 0xfe0f},
                                                 {0xfeff, 0xfeff},
                                                 {0xffa0, 0xffa0},
                                                 {0xfff9, 0xfffb},
                                                 {0xfffe, 0xffff},
                                                 {0x1d173, 0x1d17a},
                                                 {0xe0000, 0xe0fff}}};

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;  ///< otherwise a byte that belongs to no character
};

/// ASCII without control characters, as nearly all text is.
bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// Bytes of a character that begins with this one; 0 if none does.
std::size_t length_of(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/// First character of a text that is not empty. Surrogates and overlong forms are not characters.
Character first_character(std::string_view text) {
    static constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = length_of(lead);
    if (length == 0 || length > text.size()) return {.code = lead};
    char32_t code = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0U) != 0x80U) return {.code = lead};
        code = code << 6U | (byte & 0x3fU);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < kLeast.at(length) || code > 0x10ffff || surrogate) return {.code = lead};
    return {.code = code, .bytes = length, .valid = true};
}

bool is_shown(const Character& character) {
    if (!character.valid || character.code < 0x20) return false;
    return std::none_of(kUnprintable.begin(), kUnprintable.end(), [&](const Range& range) {
        return character.code >= range.first && character.code <= range.last;
    });
}

std::string escape_of(const Character& character) {
    const auto code = static_cast<unsigned>(character.code);
    if (character.valid && code == '\n') return "\\n";
    if (character.valid && code == '\r') return "\\r";
    if (character.valid && code == '\t') return "\\t";
    if (!character.valid || code < 0x80) return fmt::format("\\x{:02x}", code);
    return code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
}

/// JSON's escapes have four digits: a larger code is a pair of surrogates.
std::string json_escape_of(const Character& character) {
    const auto code = static_cast<unsigned>(character.code);
    if (code < 0x10000) return fmt::format("\\u{:04x}", code);
    return fmt::format("\\u{:04x}\\u{:04x}", 0xd7c0U + (code >> 10U), 0xdc00U + (code & 0x3ffU));
}

/// Takes the first character from a text, as it is shown.
std::string take_shown(std::string_view& text) {
    const Character first = first_character(text);
    std::string shown = is_shown(first) ? std::string(text.substr(0, first.bytes)) : escape_of(first);
    text.remove_prefix(first.bytes);
    return shown;
}

std::vector<std::string> shown_characters(std::string_view text) {
    std::vector<std::string> characters;
    while (!text.empty())
        characters.push_back(take_shown(text));
    return characters;
}

/// Columns of one character as it is shown: an escape has several.
std::size_t width_of(const std::string& shown) {
    return is_plain(shown) ? shown.size() : 1;
}

/// Number of these characters that fit into `most` columns.
template <typename Iterator>
std::ptrdiff_t that_fit(Iterator first, Iterator last, std::size_t most) {
    std::size_t width = 0;
    const auto end = std::find_if(first, last, [&](const std::string& shown) {
        width += width_of(shown);
        return width > most;
    });
    return end - first;
}

}  // namespace

bool is_printable(std::string_view text) {
    if (is_plain(text)) return true;
    while (!text.empty()) {
        const Character first = first_character(text);
        if (!is_shown(first)) return false;
        text.remove_prefix(first.bytes);
    }
    return true;
}

std::string printable(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    std::string shown;
    while (!text.empty())
        shown += take_shown(text);
    return shown;
}

std::string printable_lines(std::string_view text) {
    std::string shown;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
        shown += printable(text.substr(0, end)) + "\n";
        text.remove_prefix(end + 1);
    }
    return shown + printable(text);
}

std::string shortened(std::string_view text, std::size_t most) {
    constexpr std::size_t kMostBytes = 4;  // of a character
    const std::string_view begin = text.substr(0, kMostBytes * (most + 1));
    const std::vector<std::string> characters = shown_characters(begin);
    const auto count = that_fit(characters.begin(), characters.end(), most);
    std::string shown;
    std::for_each(characters.begin(), characters.begin() + count, [&](const auto& one) { shown += one; });
    return static_cast<std::size_t>(count) == characters.size() ? shown : shown + "...";
}

std::string abridged(std::string_view text, std::size_t most) {
    const std::vector<std::string> characters = shown_characters(text);
    const auto all = static_cast<std::ptrdiff_t>(characters.size());
    if (that_fit(characters.begin(), characters.end(), most) == all) return printable(text);
    const auto front = that_fit(characters.begin(), characters.end(), most / 2);
    const auto back = that_fit(characters.rbegin(), characters.rend(), most / 2);
    return fmt::format("{}...{}", fmt::join(characters.begin(), characters.begin() + front, ""),
                       fmt::join(characters.end() - back, characters.end(), ""));
}

std::string few_of(std::span<const std::string> names, std::size_t most) {
    const std::span<const std::string> shown = names.first(std::min(names.size(), most));
    const std::string more =
        names.size() > most ? fmt::format(" and {} more", names.size() - most) : std::string();
    return fmt::format("{}{}", fmt::join(shown, ", "), more);
}

std::string in_quotes(std::string_view text) {
    return fmt::format("\"{}\"", shortened(text));
}

std::string printable_json(std::string json) {
    if (is_plain(json)) return json;
    std::string_view rest = json;
    std::string shown;
    while (!rest.empty()) {
        const Character first = first_character(rest);
        const std::string_view bytes = rest.substr(0, first.bytes);
        shown += is_shown(first) ? std::string(bytes) : json_escape_of(first);
        rest.remove_prefix(first.bytes);
    }
    return shown;
}

}  // namespace mobilenet_cost
