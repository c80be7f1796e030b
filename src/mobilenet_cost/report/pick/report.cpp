#include "mobilenet_cost/report/pick/report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/count/runtime_rows.h"
#include "mobilenet_cost/report/pick/json.h"
#include "mobilenet_cost/report/pick/rows.h"
#include "mobilenet_cost/report/pick/words.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kRowsOfAScreen = 10;
constexpr std::size_t kSearchesOfAScreen = 4;

bool has_limit(const PickReport& report, PickQuantity quantity) {
    return std::any_of(report.limits.begin(), report.limits.end(),
                       [&](const PickLimit& limit) { return limit.quantity == quantity; });
}

bool any_time(const PickReport& report) {
    return std::any_of(report.candidates.begin(), report.candidates.end(),
                       [](const PickCandidate& candidate) { return candidate.time.has_value(); });
}

bool any_real_peak(const PickReport& report) {
    return std::any_of(
        report.candidates.begin(), report.candidates.end(),
        [](const PickCandidate& candidate) { return candidate.time && candidate.time->real_peak_bytes; });
}

/// The candidates that fit, best first, then the others in the same order.
std::vector<std::size_t> pick_order(const PickReport& report) {
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < report.candidates.size(); ++i) {
        if (!report.result.misses[i].empty()) others.push_back(i);
    }
    std::stable_sort(others.begin(), others.end(), [&](std::size_t left, std::size_t right) {
        return is_better(report.candidates[left], report.candidates[right], report.by);
    });
    std::vector<std::size_t> order = report.result.ranking;
    order.insert(order.end(), others.begin(), others.end());
    return order;
}

/// The place of each candidate in the ranking, counted from 1; 0: it does not fit.
std::vector<std::size_t> pick_places(const PickReport& report) {
    std::vector<std::size_t> places(report.candidates.size(), 0);
    std::size_t place = 0;
    for (const std::size_t index : report.result.ranking)
        places[index] = ++place;
    return places;
}

/// The fields that every table of variants shows; parameters only where they are asked for, because the
/// weights tell them too.
std::vector<const char*> shared_keys(const PickReport& report) {
    std::vector<const char*> keys = {"bounded_model", "alpha", "resolution", "top1_source"};
    if (any_time(report)) keys.insert(keys.end(), {"seconds", "time_width", "origin"});
    keys.push_back("macs");
    if (has_limit(report, PickQuantity::params) || report.by == PickOrder::params) keys.push_back("params");
    keys.insert(keys.end(), {"weight_bytes", "peak_activation_bytes"});
    if (any_real_peak(report)) keys.push_back("real_peak_bytes");
    if (report.runtime) keys.insert(keys.end(), {"ram_bytes", "flash_bytes"});
    return keys;
}

/// What the rows are ordered by stays, however narrow the terminal is.
std::string order_column(PickOrder by) {
    static constexpr std::array<const char*, 6> kColumns = {
        "top1_source", "seconds", "macs", "params", "weight_bytes", "peak_activation_bytes"};
    return kColumns.at(static_cast<std::size_t>(by));
}

Table variant_table(const PickReport& report, const std::vector<const char*>& keys,
                    const std::vector<std::size_t>& candidates, Footnotes& notes) {
    const std::vector<std::size_t> places = pick_places(report);
    std::vector<PickRow> rows;
    for (const std::size_t index : candidates)
        rows.push_back({&report, index, &places, &notes});
    Table table = pick_fields().shown(keys, rows);
    table.droppable = {"params",     "weight_bytes",    "macs",  "peak_activation_bytes",
                       "time_width", "real_peak_bytes", "origin"};
    std::erase(table.droppable, order_column(report.by));
    return table;
}

/// One of the rows that are shown is no better than another anywhere; a column of nothing but fronts says
/// nothing.
bool any_dominated(const PickReport& report, std::size_t rows) {
    const auto& ranking = report.result.ranking;
    return std::any_of(ranking.begin(), ranking.begin() + static_cast<std::ptrdiff_t>(rows),
                       [&](std::size_t i) { return report.result.dominated_by[i].has_value(); });
}

Table fitting_table(const PickReport& report, std::size_t rows, Footnotes& notes) {
    std::vector<const char*> keys = shared_keys(report);
    keys.insert(keys.begin(), "rank");
    if (any_dominated(report, rows)) keys.push_back("front");
    const auto& ranking = report.result.ranking;
    return variant_table(report, keys, {ranking.begin(), ranking.begin() + static_cast<std::ptrdiff_t>(rows)},
                         notes);
}

Table missing_table(const PickReport& report, Footnotes& notes) {
    std::vector<const char*> keys = shared_keys(report);
    keys.push_back("obstacles");
    std::vector<std::size_t> others = pick_order(report);
    std::erase_if(others, [&](std::size_t index) { return report.result.misses[index].empty(); });
    Table table = variant_table(report, keys, others, notes);
    table.caption = "What is left out";
    return table;
}

std::string limits_text(const PickReport& report) {
    std::vector<std::string> texts;
    for (const PickLimit& limit : report.limits)
        texts.push_back(limit_text(limit));
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::string settings_text(const SweepSettings& settings) {
    std::string text = fmt::format("{}, {}", data_type_name(settings.data_type),
                                   classes_text(settings.classes, settings.form));
    if (settings.batch != 1) text += fmt::format(", batch {}", settings.batch);
    if (settings.alpha_scope != "published") text += ", alpha scope " + settings.alpha_scope;
    return text + ", convention " + settings.convention;
}

std::string accuracy_order_text(const PickReport& report) {
    std::size_t published = 0;
    for (const std::size_t i : report.result.ranking)
        published += report.candidates[i].accuracy ? 1 : 0;
    std::string text = "Best first by published top-1";
    if (published == 0) {
        text = fmt::format("By MACs, most first: no top-1 of these in {} was published",
                           data_type_name(report.settings.data_type));
    } else if (published < report.result.ranking.size()) {
        text += ", then without one by MACs";
    }
    return text;
}

/// What the order is by, and what all have in common.
std::string order_text(const PickReport& report) {
    static constexpr std::array<const char*, 6> kOrders = {"",
                                                           "Fastest first",
                                                           "Fewest MACs first",
                                                           "Fewest parameters first",
                                                           "Smallest weights first",
                                                           "Lowest peak on paper first"};
    return fmt::format("{} ({}).\n",
                       report.by == PickOrder::accuracy ? accuracy_order_text(report)
                                                        : kOrders.at(static_cast<std::size_t>(report.by)),
                       settings_text(report.settings));
}

std::string headline(const PickReport& report) {
    const std::size_t fitting = report.result.ranking.size();
    if (report.limits.empty()) return fmt::format("{} variants, no budget given.\n", fitting);
    return fmt::format("{} of {} variants {} {}.\n", fitting, report.candidates.size(),
                       fitting == 1 ? "meets" : "meet", limits_text(report));
}

/// The answer of a bisection in a sentence.
std::string widest_line(const PickReport& report, const WidestAnswer& answer) {
    const auto time = [&](std::size_t index) { return seconds_text(report.candidates[index].time->seconds); };
    const auto alpha = [&](std::size_t index) {
        return shortest(report.candidates[index].cell.variant.alpha);
    };
    std::string text = fmt::format("{} at {} px: ", printable(answer.model), answer.resolution);
    text += answer.candidate
                ? fmt::format("largest alpha {} with {}", alpha(*answer.candidate), time(*answer.candidate))
                : "none is fast enough";
    if (answer.beyond && report.candidates[*answer.beyond].time)
        text += fmt::format("; {} takes {}", alpha(*answer.beyond), time(*answer.beyond));
    text += fmt::format(" ({} of {} widths timed)", answer.tried, answer.widths);
    if (!answer.monotone) text += ", though a narrower one was too slow: time does not rise with alpha here";
    return text + "\n";
}

/// Lines of the searches, of many the first.
std::string widest_lines(const PickReport& report) {
    std::string text;
    const std::size_t shown = std::min(report.widest.size(), kSearchesOfAScreen);
    for (std::size_t i = 0; i < shown; ++i)
        text += widest_line(report, report.widest[i]);
    const std::size_t more = report.widest.size() - shown;
    if (more > 0) text += fmt::format("{} more such answers with --format json.\n", more);
    return text;
}

std::string note_lines(const PickReport& report) {
    std::string text;
    for (const std::string& note : report.notes)
        text += text_line(note);
    return text;
}

/// "12 not timed, but wider than one that is too slow" for each reason that there is.
void add_untimed(const PickReport& report, std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < kEnumNames<Untimed>.size(); ++i) {
        const auto untimed = static_cast<Untimed>(i);
        const auto count = std::count_if(
            report.candidates.begin(), report.candidates.end(),
            [&](const PickCandidate& candidate) { return !candidate.time && candidate.untimed == untimed; });
        if (count > 0) texts.push_back(fmt::format("{} {}", count, untimed_text(untimed)));
    }
}

/// How many miss each limit, or are not known to meet it.
std::string misses_line(const PickReport& report) {
    std::vector<std::string> texts;
    for (const PickLimit& limit : report.limits) {
        std::size_t known = 0;
        std::size_t unknown = 0;
        for (const PickCandidate& candidate : report.candidates) {
            if (meets(candidate, limit)) continue;
            ++(value_of(candidate, limit.quantity) ? known : unknown);
        }
        if (known > 0) texts.push_back(fmt::format("{} miss {}", known, pick_flag(limit.quantity)));
        if (limit.quantity == PickQuantity::seconds) {
            add_untimed(report, texts);
        } else if (unknown > 0 && is_of_runtime(limit.quantity)) {
            texts.push_back(fmt::format("{} not known to {}", unknown,
                                        enum_name(report.runtime.value_or(Runtime::live))));
        } else if (unknown > 0) {
            texts.push_back(fmt::format("{} without a published top-1", unknown));
        }
    }
    return fmt::format("{}", fmt::join(texts, "; "));
}

std::string rest_line(const PickReport& report, std::size_t shown) {
    const std::size_t fitting = report.result.ranking.size();
    const std::size_t others = report.candidates.size() - fitting;
    std::string text;
    if (shown < fitting)
        text += fmt::format(
            "{} more fit{}, further down this order: --all shows every one{}.\n", fitting - shown,
            fitting - shown == 1 ? "s" : "",
            report.by == PickOrder::accuracy && any_time(report) ? ", --by time the fastest first" : "");
    if (others > 0)
        text +=
            fmt::format("{} left out: {}{}.\n", others, misses_line(report), report.all ? "" : " (--all)");
    return text;
}

/// Shown times whose bars reach over the limit.
std::string doubt_line(const PickReport& report, std::size_t shown) {
    const auto limit = std::find_if(report.limits.begin(), report.limits.end(), [](const PickLimit& one) {
        return one.quantity == PickQuantity::seconds;
    });
    if (limit == report.limits.end()) return "";
    std::size_t doubtful = 0;
    for (std::size_t i = 0; i < shown; ++i) {
        const PickCandidate& candidate = report.candidates[report.result.ranking[i]];
        doubtful += candidate.time && candidate.time->high && *candidate.time->high > limit->limit ? 1 : 0;
    }
    if (doubtful == 0) return "";
    return fmt::format("{} of these may exceed {}: {} the limit.\n", doubtful, limit_text(*limit),
                       doubtful == 1 ? "its error bar crosses" : "their error bars cross");
}

/// Which memory was compared with the limit.
std::string peak_line(const PickReport& report) {
    if (!any_real_peak(report))
        return "peak: live tensors on paper, a lower bound; engines need more (--max-ms compares what the "
               "run "
               "took).\n";
    std::string text = "peak: live tensors on paper; real peak: activations and scratch of the run";
    if (has_limit(report, PickQuantity::peak_bytes))
        text += fmt::format(". {} was compared with the real peak where there is one",
                            pick_flag(PickQuantity::peak_bytes));
    return text + ".\n";
}

/// Whose RAM and flash were compared with the limits.
std::string runtime_lines(const PickReport& report) {
    if (!report.runtime) return "";
    return fmt::format("RAM and flash of the runtime {}", runtime_rules_text(*report.runtime));
}

/// Without accuracies and times MACs would be the merit and the cost.
std::string front_line(const PickReport& report, std::size_t shown) {
    const bool published =
        std::any_of(report.result.ranking.begin(), report.result.ranking.end(),
                    [&](std::size_t i) { return report.candidates[i].accuracy.has_value(); });
    if (!published && !any_time(report)) return "";
    const std::string axes = fmt::format("{}, {}, peak and weights", published ? "top-1" : "MACs",
                                         any_time(report) ? "time" : "MACs");
    if (any_dominated(report, shown))
        return fmt::format("Pareto front over {}; \"< N\": row N is at least as good in all of them.\n",
                           axes);
    return fmt::format("Each of these is on the Pareto front over {}.\n", axes);
}

std::vector<Section> fitting_sections(const PickReport& report, Footnotes& notes) {
    const std::size_t fitting = report.result.ranking.size();
    const std::size_t room = kRowsOfAScreen - std::min(report.widest.size(), kSearchesOfAScreen);
    const std::size_t shown = report.all ? fitting : std::min(fitting, room);
    const std::string head = wrapped(headline(report) + order_text(report) + widest_lines(report));
    std::vector<Section> sections = {{head, fitting_table(report, shown, notes)}};
    if (report.all && fitting < report.candidates.size())
        sections.push_back({"", missing_table(report, notes)});
    sections.push_back(
        {wrapped(rest_line(report, shown) + doubt_line(report, shown) + peak_line(report) +
                 runtime_lines(report) + front_line(report, shown) + notes.lines() + note_lines(report)),
         {}});
    return sections;
}

/// RAM and flash stand last, where a runtime was named.
Table csv_table(const PickReport& report, const std::vector<PickRow>& rows) {
    Table table = pick_fields().csv(rows);
    if (!report.runtime) return table;
    table.columns.push_back({"ram_bytes", "RAM"});
    table.columns.push_back({"flash_bytes", "flash"});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::optional<RuntimeNeed>& need = rows[i].candidate().need;
        table.rows[i].push_back(need ? count_cell(need->ram_bytes) : unknown_cell());
        table.rows[i].push_back(need ? count_cell(need->flash_bytes) : unknown_cell());
    }
    return table;
}

std::vector<Cell> miss_row(const PickReport& report, const PickMiss& miss, Footnotes& notes) {
    std::vector<Cell> row = {text_cell(limit_text(miss.limit))};
    if (!miss.candidate) {
        row.insert(row.end(), 7, unknown_cell());
        row.back() = text_cell("not known of any");
        return row;
    }
    const PickCandidate& nearest = report.candidates[*miss.candidate];
    std::string origin = "counted";
    if (miss.limit.quantity == PickQuantity::seconds) origin = origin_text(nearest, notes);
    if (miss.limit.quantity == PickQuantity::top1)
        origin = (nearest.accuracy ? "published " : "estimated ") + notes.mark(accuracy_text(nearest));
    row.insert(row.end(), {text_cell(value_text(miss.limit.quantity, miss.found)),
                           text_cell(std::move(origin)), percent_cell(miss.excess, 1),
                           text_cell(nearest.cell.model), text_cell(shortest(nearest.cell.variant.alpha)),
                           text_cell(fmt::format("{}", nearest.cell.variant.resolution)),
                           text_cell(miss.also.empty() ? "nothing" : obstacles_text(nearest, miss.also))});
    return row;
}

std::vector<Section> miss_sections(const PickReport& report, Footnotes& notes) {
    Table table;
    table.caption = "The nearest miss on each budget: fewest other budgets missed, then closest";
    table.columns = {{"budget", "budget", true}, {"found", "found"},       {"from", "from", true},
                     {"excess", "off by"},       {"model", "model", true}, {"alpha", "alpha"},
                     {"resolution", "res"},      {"also", "besides", true}};
    for (const PickMiss& miss : report.result.nearest)
        table.rows.push_back(miss_row(report, miss, notes));
    const std::string head = fmt::format("None of {} variants meets {} ({}).\n", report.candidates.size(),
                                         limits_text(report), settings_text(report.settings));
    std::vector<Section> sections = {{wrapped(head + widest_lines(report)), std::move(table)}};
    if (report.all) sections.push_back({"", missing_table(report, notes)});
    sections.push_back({wrapped(fmt::format("{}.\n", misses_line(report)) +
                                (has_limit(report, PickQuantity::peak_bytes) ? peak_line(report) : "") +
                                runtime_lines(report) + notes.lines() + note_lines(report)),
                        {}});
    return sections;
}

}  // namespace

std::string miss_text(const PickReport& report, const PickMiss& miss) {
    if (!miss.candidate) return limit_text(miss.limit) + ": not known of any variant";
    const PickCandidate& nearest = report.candidates[*miss.candidate];
    std::string text =
        fmt::format("{}: nearest is {} with {}, off by {}", limit_text(miss.limit), pick_name(nearest),
                    value_text(miss.limit.quantity, miss.found), percent_text(miss.excess));
    const std::string also = flags_text(known_misses(nearest, miss.also));
    if (!also.empty()) text += ", which also misses " + also;
    const std::string unknown = flags_text(unknown_misses(nearest, miss.also));
    if (!unknown.empty()) text += fmt::format(" (not known to meet {})", unknown);
    return text;
}

Report pick_report(const PickReport& report) {
    const auto with_rows = [&report](auto write) {
        return [&report, write] {
            const std::vector<std::size_t> places = pick_places(report);
            std::vector<PickRow> rows;
            for (const std::size_t index : pick_order(report))
                rows.push_back({&report, index, &places});
            return write(rows);
        };
    };
    const auto sections = [&report] {
        Footnotes notes;
        return report.result.ranking.empty() ? miss_sections(report, notes) : fitting_sections(report, notes);
    };
    return {.sections = sections,
            .csv = with_rows([&report](const auto& rows) {
                return with_lower_bounds(csv_table(report, rows), rows,
                                         [](const auto& row) { return row.cell().lower_bound; });
            }),
            .json = with_rows([&report](const auto& rows) { return pick_json(report, rows); }),
            .jsonl = with_rows([](const auto& rows) { return pick_jsonl(rows); })};
}

}  // namespace mobilenet_cost
