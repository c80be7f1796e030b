#include "mobilenet_cost/base/error.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

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

/// The layers of a deep network would fill a screen.
std::string join(std::span<const std::string> names) {
    constexpr std::size_t kMost = 30;
    std::string text;
    for (const std::string& name : names.first(std::min(names.size(), kMost)))
        text += (text.empty() ? "" : ", ") + shortened(name);
    if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
    return text;
}

}  // namespace

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

void fail_unknown(std::string_view place, std::string_view what, std::string_view name,
                  std::span<const std::string> candidates) {
    std::string message = "unknown " + std::string(what) + " " + in_quotes(name);
    if (const auto nearest = nearest_name(name, candidates)) {
        message += " (did you mean \"" + shortened(*nearest) + "\"?)";
    } else {
        message += " (known: " + join(candidates) + ")";
    }
    fail(place, message);
}

}  // namespace mobilenet_cost
