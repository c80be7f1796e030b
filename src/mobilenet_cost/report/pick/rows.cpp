#include "mobilenet_cost/report/pick/rows.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/pick/words.h"

namespace mobilenet_cost {
namespace {

using Row = PickRow;
constexpr unsigned kBoth = kCsv | kJson;

/// A member of the accuracy, the estimate or the time, absent where there is none.
template <typename Part, typename Member>
auto part(std::optional<Part> PickCandidate::*of, Member Part::*member) {
    return [of, member](const Row& row) -> std::optional<Member> {
        const std::optional<Part>& found = row.candidate().*of;
        return found ? std::optional<Member>((*found).*member) : std::nullopt;
    };
}

template <typename Part, typename Member>
auto part(std::optional<Part> PickCandidate::*of, std::optional<Member> Part::*member) {
    return [of, member](const Row& row) {
        const std::optional<Part>& found = row.candidate().*of;
        return found ? (*found).*member : std::optional<Member>();
    };
}

template <typename Member>
auto counted(Member SweepCell::*member) {
    return [member](const Row& row) { return row.cell().*member; };
}

std::string place_text(std::size_t place) {
    return place > 0 ? fmt::format("{}", place) : "";
}

std::string top1_text(const Row& row) {
    const PickCandidate& candidate = row.candidate();
    if (!candidate.accuracy && !candidate.estimate) return "";
    const std::string text = candidate.accuracy ? percent_text(candidate.accuracy->top1)
                                                : "~" + percent_text(candidate.estimate->top1);
    return fmt::format("{} {}", text, row.notes->mark(accuracy_text(candidate)));
}

/// Half the width of a measured interval, or of the error bars of a prediction.
std::string time_width(const Row& row) {
    const std::optional<PickTime>& time = row.candidate().time;
    if (!time || !time->low || !time->high) return "";
    const double percent = 100 * (*time->high - *time->low) / 2 / time->seconds;
    return fmt::format("+-{:.{}f} %", percent, percent < 9.95 ? 1 : 0);
}

std::string untimed_name(const Row& row) {
    return row.candidate().time ? "" : std::string(enum_name(row.candidate().untimed));
}

std::string dominator_text(const Row& row) {
    const std::optional<std::size_t>& by = row.report->result.dominated_by[row.index];
    return by ? place_text((*row.places)[*by]) : "";
}

RowFields<Row> make_fields() {
    using C = PickCandidate;
    return {
        {"rank", "#", Show::plain, kCsv, [](const Row& row) { return place_text((*row.places)[row.index]); }},
        {"model", kBoth, counted(&SweepCell::model)},
        {"bounded_model", "model", Show::name, kShownOnly,
         [](const Row& row) { return bounded_name(row.cell().model, row.cell().lower_bound); }},
        {"alpha", "alpha", Show::plain, kBoth, [](const Row& row) { return row.cell().variant.alpha; }},
        {"beta", kBoth, counted(&SweepCell::beta)},
        {"resolution", "res", Show::digits, kBoth,
         [](const Row& row) { return row.cell().variant.resolution; }},
        {"top1", kCsv, part(&C::accuracy, &PublishedAccuracy::top1)},
        {"top5", kCsv, part(&C::accuracy, &PublishedAccuracy::top5)},
        {"accuracy_source", kCsv, part(&C::accuracy, &PublishedAccuracy::source)},
        {"estimated_top1", kCsv, part(&C::estimate, &AccuracyEstimate::top1)},
        {"estimate_largest_error", kCsv, part(&C::estimate, &AccuracyEstimate::largest_error)},
        {"top1_source", "top-1", Show::plain, kShownOnly, top1_text},
        {"seconds", "time", Show::seconds, kCsv, part(&C::time, &PickTime::seconds)},
        {"low_seconds", kCsv, part(&C::time, &PickTime::low)},
        {"high_seconds", kCsv, part(&C::time, &PickTime::high)},
        {"time_width", "within", Show::plain, kShownOnly, time_width},
        {"time", kCsv,
         [](const Row& row) { return row.candidate().time ? time_kind(*row.candidate().time) : ""; }},
        {"time_file", kCsv, part(&C::time, &PickTime::file)},
        {"engine", kCsv, part(&C::time, &PickTime::engine)},
        {"threads", kCsv, part(&C::time, &PickTime::threads)},
        {"origin", "from", Show::name, kShownOnly,
         [](const Row& row) { return origin_text(row.candidate(), *row.notes); }},
        {"macs", "MACs", Show::prefixed, kBoth, counted(&SweepCell::macs)},
        {"params", "params", Show::prefixed, kBoth, counted(&SweepCell::params)},
        {"weight_bytes", "weights", Show::bytes, kBoth, counted(&SweepCell::weight_bytes)},
        {"peak_activation_bytes", "peak", Show::bytes, kBoth, counted(&SweepCell::peak_activation_bytes)},
        {"real_peak_bytes", "real peak", Show::bytes, kBoth, part(&C::time, &PickTime::real_peak_bytes)},
        {"ram_bytes", "RAM", Show::bytes, kShownOnly, part(&C::need, &RuntimeNeed::ram_bytes)},
        {"flash_bytes", "flash", Show::bytes, kShownOnly, part(&C::need, &RuntimeNeed::flash_bytes)},
        {"fits", kCsv, [](const Row& row) { return row.misses().empty() ? "yes" : "no"; }},
        {"misses", kCsv,
         [](const Row& row) { return flags_text(known_misses(row.candidate(), row.misses())); }},
        {"unknown", kCsv,
         [](const Row& row) { return flags_text(unknown_misses(row.candidate(), row.misses())); }},
        {"untimed", kCsv, untimed_name},
        {"obstacles", "why not", Show::name, kShownOnly,
         [](const Row& row) { return obstacles_text(row.candidate(), row.misses()); }},
        {"dominated_by_rank", kCsv, dominator_text},
        {"front", "Pareto", Show::name, kShownOnly,
         [](const Row& row) {
             const std::string by = dominator_text(row);
             return by.empty() ? "front" : "< " + by;
         }},
    };
}

}  // namespace

std::string Footnotes::mark(const std::string& text) {
    const auto found = std::find(texts_.begin(), texts_.end(), text);
    const auto index = static_cast<std::size_t>(found - texts_.begin());
    if (found == texts_.end()) texts_.push_back(text);
    return index < 26 ? std::string(1, static_cast<char>('a' + index)) : fmt::format("a{}", index - 25);
}

std::string Footnotes::lines() {
    std::string text;
    for (const std::string& note : std::vector(texts_))
        text += text_line(fmt::format("{}: {}", mark(note), note));
    return text;
}

std::string accuracy_text(const PickCandidate& candidate) {
    if (candidate.accuracy) return "published by " + candidate.accuracy->source;
    const AccuracyEstimate& estimate = *candidate.estimate;
    return fmt::format("estimated from {} of {}; leave-one-out error: median {:.1f} points, at most {:.1f}",
                       estimate.points, candidate.cell.model, 100 * estimate.median_error,
                       100 * estimate.largest_error);
}

std::string origin_text(const PickCandidate& candidate, Footnotes& notes) {
    if (!candidate.time) return "";
    const std::string& file = candidate.time->file;
    return time_kind(*candidate.time) + (file.empty() ? "" : " " + notes.mark("stored in " + file));
}

const RowFields<PickRow>& pick_fields() {
    static const RowFields<PickRow> fields = make_fields();
    return fields;
}

}  // namespace mobilenet_cost
