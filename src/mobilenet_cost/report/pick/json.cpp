#include "mobilenet_cost/report/pick/json.h"

#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/report/count/grid_json.h"
#include "mobilenet_cost/report/count/runtime_rows.h"
#include "mobilenet_cost/report/parts/documents.h"
#include "mobilenet_cost/report/parts/measured_json.h"
#include "mobilenet_cost/report/pick/words.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kPickSchema = "mobilenet-cost.pick.v2";

/// Counts as whole numbers.
Json limit_json(const PickLimit& limit, double value) {
    if (limit.quantity == PickQuantity::seconds || limit.quantity == PickQuantity::top1) return value;
    return static_cast<std::int64_t>(value);
}

Json limits_json(const PickReport& report) {
    Json json = Json::object();
    for (std::size_t i = 0; i < kPickQuantities; ++i) {
        const auto quantity = static_cast<PickQuantity>(i);
        if (report.runtime || !is_of_runtime(quantity)) json[std::string(pick_key(quantity))] = nullptr;
    }
    for (const PickLimit& limit : report.limits)
        json[std::string(pick_key(limit.quantity))] = limit_json(limit, limit.limit);
    return json;
}

Json names_json(const std::vector<PickQuantity>& quantities) {
    Json json = Json::array();
    for (const PickQuantity quantity : quantities)
        json.push_back(pick_key(quantity));
    return json;
}

Json accuracy_json(const PickCandidate& candidate) {
    if (!candidate.accuracy) return nullptr;
    return {{"top1", candidate.accuracy->top1},
            {"top5", or_null(candidate.accuracy->top5)},
            {"source", candidate.accuracy->source},
            {"url", candidate.accuracy->url}};
}

Json estimate_json(const PickCandidate& candidate) {
    if (!candidate.estimate) return nullptr;
    return {{"top1", candidate.estimate->top1},
            {"median_error", candidate.estimate->median_error},
            {"largest_error", candidate.estimate->largest_error},
            {"points", candidate.estimate->points}};
}

Json time_json(const PickCandidate& candidate) {
    if (!candidate.time) return nullptr;
    const PickTime& time = *candidate.time;
    return {{"seconds", time.seconds},
            {"low_seconds", or_null(time.low)},
            {"high_seconds", or_null(time.high)},
            {"from", time_kind(time)},
            {"file", time.file.empty() ? Json(nullptr) : Json(time.file)},
            {"engine", time.engine},
            {"threads", time.threads}};
}

Json variant_json(const PickCandidate& candidate) {
    Json json = {{"model", candidate.cell.model}, {"alpha", candidate.cell.variant.alpha}};
    json.update(resolution_json(candidate.cell.variant.resolution));
    return json;
}

Json candidate_json(const PickRow& row) {
    static const RowFields<PickRow> fields = pick_fields().first({"model", "alpha", "resolution"});
    const PickCandidate& candidate = row.candidate();
    const std::size_t place = (*row.places)[row.index];
    const std::optional<std::size_t>& by = row.report->result.dominated_by[row.index];
    Json json = fields.json(row);
    if (candidate.cell.lower_bound) json["lower_bound"] = true;
    json["accuracy"] = accuracy_json(candidate);
    json["estimate"] = estimate_json(candidate);
    json["time"] = time_json(candidate);
    if (row.report->runtime) json["runtime"] = candidate.need ? runtime_json(*candidate.need) : Json(nullptr);
    json["fits"] = place > 0;
    json["misses"] = names_json(known_misses(candidate, row.misses()));
    json["unknown"] = names_json(unknown_misses(candidate, row.misses()));
    json["untimed"] = candidate.time ? Json(nullptr) : Json(enum_name(candidate.untimed));
    json["rank"] = place > 0 ? Json(place) : Json(nullptr);
    json["dominated_by"] = by ? variant_json(row.report->candidates[*by]) : Json(nullptr);
    return json;
}

Json misses_json(const PickReport& report) {
    Json json = Json::array();
    for (const PickMiss& miss : report.result.nearest) {
        const bool known = miss.candidate.has_value();
        const auto also = [&](const auto& chosen) {
            return names_json(known ? chosen(report.candidates[*miss.candidate], miss.also) : miss.also);
        };
        json.push_back({{"budget", pick_key(miss.limit.quantity)},
                        {"limit", limit_json(miss.limit, miss.limit.limit)},
                        {"nearest", known ? variant_json(report.candidates[*miss.candidate]) : Json(nullptr)},
                        {"found", known ? limit_json(miss.limit, miss.found) : Json(nullptr)},
                        {"excess", known ? Json(miss.excess) : Json(nullptr)},
                        {"also_misses", also(known_misses)},
                        {"also_unknown", also(unknown_misses)}});
    }
    return json;
}

Json widest_json(const PickReport& report) {
    const auto alpha = [&](const std::optional<std::size_t>& index) {
        return index ? Json(report.candidates[*index].cell.variant.alpha) : Json(nullptr);
    };
    Json json = Json::array();
    for (const WidestAnswer& answer : report.widest) {
        Json row = {{"model", answer.model}};
        row.update(resolution_json(answer.resolution));
        row.update(Json({{"alpha", alpha(answer.candidate)},
                         {"next_alpha", alpha(answer.beyond)},
                         {"monotone", answer.monotone},
                         {"timed", answer.tried},
                         {"widths", answer.widths}}));
        json.push_back(std::move(row));
    }
    return json;
}

}  // namespace

std::string pick_json(const PickReport& report, const std::vector<PickRow>& rows) {
    Json candidates = Json::array();
    for (const PickRow& row : rows)
        candidates.push_back(candidate_json(row));
    Json settings = sweep_settings_json(report.settings);
    if (report.runtime) settings["runtime"] = enum_name(*report.runtime);
    return pretty_json({{"schema", kPickSchema},
                        {"settings", std::move(settings)},
                        {"limits", limits_json(report)},
                        {"order", enum_name(report.by)},
                        {"fitting", report.result.ranking.size()},
                        {"candidates", std::move(candidates)},
                        {"nearest_misses", misses_json(report)},
                        {"widest", widest_json(report)},
                        {"notes", report.notes}});
}

std::string pick_jsonl(const std::vector<PickRow>& rows) {
    return rows_jsonl(kPickSchema, rows, candidate_json);
}

}  // namespace mobilenet_cost
