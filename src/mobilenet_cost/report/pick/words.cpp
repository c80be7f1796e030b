#include "mobilenet_cost/report/pick/words.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {

std::string percent_text(double fraction) {
    return fmt::format("{:.1f} %", 100 * fraction);
}

std::string value_text(PickQuantity quantity, double value) {
    const auto count = static_cast<std::int64_t>(value);
    switch (quantity) {
        case PickQuantity::seconds:
            return seconds_text(value);
        case PickQuantity::macs:
        case PickQuantity::params:
            return with_prefix(count);
        case PickQuantity::weight_bytes:
        case PickQuantity::peak_bytes:
        case PickQuantity::ram_bytes:
        case PickQuantity::flash_bytes:
            return bytes_text(count);
        case PickQuantity::top1:
            break;
    }
    return percent_text(value);
}

std::string limit_text(const PickLimit& limit) {
    if (!limit.typed.empty()) return fmt::format("{} {}", pick_flag(limit.quantity), printable(limit.typed));
    double typed = limit.limit;
    if (limit.quantity == PickQuantity::seconds) typed *= 1000;
    if (limit.quantity == PickQuantity::weight_bytes || limit.quantity == PickQuantity::peak_bytes ||
        is_of_runtime(limit.quantity))
        typed /= 1024;
    return fmt::format("{} {:.12g}", pick_flag(limit.quantity), typed);
}

std::string flags_text(const std::vector<PickQuantity>& quantities) {
    std::vector<std::string_view> flags;
    for (const PickQuantity quantity : quantities)
        flags.push_back(pick_flag(quantity));
    return fmt::format("{}", fmt::join(flags, ", "));
}

std::string_view untimed_text(Untimed untimed) {
    switch (untimed) {
        case Untimed::not_asked:
            return "not timed";
        case Untimed::ruled_out:
            return "not timed, since they miss another budget";
        case Untimed::too_many_macs:
            return "not timed, for no CPU does so many MACs in that time";
        case Untimed::narrower_fits:
            return "not timed, but narrower than one that is fast enough";
        case Untimed::wider_too_slow:
            return "not timed, but wider than one that is too slow";
        case Untimed::failed:
            return "could not be timed";
        case Untimed::not_reached:
            return "not timed before the run ended";
        case Untimed::not_stored:
            return "without a stored time";
    }
    return "";
}

std::vector<PickQuantity> known_misses(const PickCandidate& candidate,
                                       const std::vector<PickQuantity>& misses) {
    std::vector<PickQuantity> known = misses;
    std::erase_if(known, [&](PickQuantity quantity) { return !value_of(candidate, quantity); });
    return known;
}

std::vector<PickQuantity> unknown_misses(const PickCandidate& candidate,
                                         const std::vector<PickQuantity>& misses) {
    std::vector<PickQuantity> unknown = misses;
    std::erase_if(unknown, [&](PickQuantity quantity) { return value_of(candidate, quantity).has_value(); });
    return unknown;
}

std::string obstacles_text(const PickCandidate& candidate, const std::vector<PickQuantity>& misses) {
    std::string text = flags_text(known_misses(candidate, misses));
    for (const PickQuantity quantity : unknown_misses(candidate, misses)) {
        if (!text.empty()) text += ", ";
        const bool ruled_out = candidate.untimed == Untimed::ruled_out;  // by what stands before it
        text += is_of_runtime(quantity)             ? "not known to the runtime"
                : quantity != PickQuantity::seconds ? "no published top-1"
                : ruled_out                         ? "not timed"
                                                    : untimed_text(candidate.untimed);
    }
    return text;
}

std::string time_kind(const PickTime& time) {
    return time.predicted ? "predicted" : "measured";
}

std::string wrapped(std::string_view text) {
    constexpr std::size_t kColumns = 100;
    std::string lines;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        while (line.size() > kColumns) {
            std::size_t end = line.rfind(' ', kColumns);
            if (end == line.npos) end = line.find(' ');  // a word that is longer than a line
            if (end == line.npos) break;
            lines += std::string(line.substr(0, end)) + "\n";
            line.remove_prefix(end + 1);
        }
        lines += std::string(line) + "\n";
    }
    return lines;
}

}  // namespace mobilenet_cost
