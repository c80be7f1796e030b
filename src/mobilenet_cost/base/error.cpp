#include "mobilenet_cost/base/error.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <new>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/nearest.h"
#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

/// Insertions, deletions, substitutions and swaps of neighbours ("alhpa"): optimal string alignment.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> table((a.size() + 1) * width);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return table[i * width + j]; };
    for (std::size_t i = 0; i <= a.size(); ++i)
        at(i, 0) = i;
    for (std::size_t j = 0; j <= b.size(); ++j)
        at(0, j) = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
            at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, substitute});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
        }
    }
    return at(a.size(), b.size());
}

/// A long list is no hint.
std::vector<std::string> unless_many(std::vector<std::string> names) {
    constexpr std::size_t kMost = 6;
    return names.size() <= kMost ? std::move(names) : std::vector<std::string>();
}

/// "a", "b" or "c"
std::string alternatives(std::span<const std::string> names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
        text += fmt::format("\"{}\"", shortened(names[i]));
    }
    return text;
}

/// The layers of a deep network would fill a screen.
std::string shortened_names(std::span<const std::string> names) {
    constexpr std::size_t kMost = 30;
    std::vector<std::string> texts;
    for (const std::string& name : names)
        texts.push_back(shortened(name));
    return few_of(texts, kMost);
}

}  // namespace

std::string without_case(std::string_view name) {
    std::string letters;
    for (const char letter : name) {
        const auto c = static_cast<unsigned char>(letter);
        if (std::isalnum(c) != 0) letters += static_cast<char>(std::tolower(c));
    }
    return letters;
}

void fail(std::string_view place, std::string_view message) {
    std::string text = abridged(place);
    if (!place.empty()) text += ": ";
    throw Error(text.append(message));
}

Failure current_failure() {
    try {
        throw;
    } catch (const Error& error) {
        return {.is_refusal = true, .reason = error.what()};
    } catch (const std::bad_alloc&) {
        return {.is_refusal = false, .reason = "out of memory"};
    } catch (const std::exception& error) {
        return {.is_refusal = false, .reason = error.what()};
    }
}

void fail_overflow() {
    fail("", "a count exceeds the 64-bit range (2^63 - 1)");
}

std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string> candidates) {
    constexpr std::size_t kLongestName = 100;  // the distance is quadratic, and a longer name is no typo
    if (name.empty() || name.size() > kLongestName) return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates) {
    std::vector<std::string> same;
    std::vector<std::string> longer;
    for (const std::string& candidate : candidates) {
        if (name.empty()) break;
        if (without_case(candidate) == without_case(name)) same.push_back(candidate);
        if (candidate.starts_with(name)) longer.push_back(candidate);
    }
    const auto nearest = nearest_name(name, candidates);
    const std::vector<std::string> slip =
        nearest ? std::vector{std::string(*nearest)} : std::vector<std::string>();
    for (const auto& names : {same, longer, slip}) {
        if (!names.empty()) return unless_many(names);
    }
    return {};
}

std::vector<std::string> names_with(std::string_view part, std::span<const std::string> candidates) {
    std::vector<std::string> names;
    const std::string letters = without_case(part);
    for (const std::string& candidate : candidates) {
        if (!letters.empty() && without_case(candidate).find(letters) != std::string::npos)
            names.push_back(candidate);
    }
    return unless_many(std::move(names));
}

void fail_unknown(std::string_view place, std::string_view what, std::string_view name,
                  std::span<const std::string> candidates) {
    fail_unknown(place, what, name, candidates, nearest_names(name, candidates));
}

std::string did_you_mean(std::span<const std::string> near) {
    return near.empty() ? "" : " (did you mean " + alternatives(near) + "?)";
}

void fail_unknown(std::string_view place, std::string_view what, std::string_view name,
                  std::span<const std::string> candidates, std::span<const std::string> near) {
    const std::string hint =
        near.empty() ? " (known: " + shortened_names(candidates) + ")" : did_you_mean(near);
    fail(place, "unknown " + std::string(what) + " " + in_quotes(name) + hint);
}

}  // namespace mobilenet_cost
