#include "mobilenet_cost/report/pick/json.h"

#include "mobilenet_cost/base/json_text.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kPickSchema = "mobilenet-cost.pick.v1";

Json or_null(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// Counts as whole numbers.
Json limit_json(const PickLimit& limit, double value) {
    if (limit.quantity == PickQuantity::seconds || limit.quantity == PickQuantity::top1) return value;
    return static_cast<std::int64_t>(value);
}

Json settings_json(const PickReport& report) {
    const SweepSettings& settings = report.settings;
    return {{"dtype", data_type_name(settings.data_type)},
            {"convention", settings.convention},
            {"alpha_scope", settings.alpha_scope},
            {"classes", settings.classes},
            {"batch", settings.batch}};
}

Json limits_json(const PickReport& report) {
    Json json = Json::object();
    for (const PickQuantity quantity :
         {PickQuantity::seconds, PickQuantity::macs, PickQuantity::params, PickQuantity::weight_bytes,
          PickQuantity::peak_bytes, PickQuantity::top1})
        json[std::string(pick_key(quantity))] = nullptr;
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
            {"from", time.predicted ? "predicted" : "measured"},
            {"file", time.file.empty() ? Json(nullptr) : Json(time.file)},
            {"engine", time.engine},
            {"threads", time.threads}};
}

Json variant_json(const PickCandidate& candidate) {
    return {{"model", candidate.cell.model},
            {"alpha", candidate.cell.variant.alpha},
            {"resolution", candidate.cell.variant.resolution}};
}

Json candidate_json(const PickReport& report, std::size_t index, const std::vector<std::size_t>& places) {
    const PickCandidate& candidate = report.candidates[index];
    const SweepCell& cell = candidate.cell;
    const std::size_t place = places[index];
    const std::optional<std::size_t>& by = report.result.dominated_by[index];
    Json json = variant_json(candidate);
    json["beta"] = cell.beta;
    json["macs"] = cell.macs;
    json["params"] = cell.params;
    json["weight_bytes"] = cell.weight_bytes;
    json["peak_activation_bytes"] = cell.peak_activation_bytes;
    json["accuracy"] = accuracy_json(candidate);
    json["estimate"] = estimate_json(candidate);
    json["time"] = time_json(candidate);
    json["fits"] = place > 0;
    json["misses"] = names_json(report.result.misses[index]);
    json["rank"] = place > 0 ? Json(place) : Json(nullptr);
    json["dominated_by"] = by ? variant_json(report.candidates[*by]) : Json(nullptr);
    return json;
}

Json misses_json(const PickReport& report) {
    Json json = Json::array();
    for (const PickMiss& miss : report.result.nearest) {
        const bool known = miss.candidate.has_value();
        json.push_back({{"budget", pick_key(miss.limit.quantity)},
                        {"limit", limit_json(miss.limit, miss.limit.limit)},
                        {"nearest", known ? variant_json(report.candidates[*miss.candidate]) : Json(nullptr)},
                        {"found", known ? limit_json(miss.limit, miss.found) : Json(nullptr)},
                        {"excess", known ? Json(miss.excess) : Json(nullptr)},
                        {"also_misses", names_json(miss.also)}});
    }
    return json;
}

Json widest_json(const PickReport& report) {
    const auto alpha = [&](const std::optional<std::size_t>& index) {
        return index ? Json(report.candidates[*index].cell.variant.alpha) : Json(nullptr);
    };
    Json json = Json::array();
    for (const WidestAnswer& answer : report.widest) {
        json.push_back({{"model", answer.model},
                        {"resolution", answer.resolution},
                        {"alpha", alpha(answer.candidate)},
                        {"next_alpha", alpha(answer.beyond)},
                        {"monotone", answer.monotone},
                        {"timed", answer.tried},
                        {"widths", answer.widths}});
    }
    return json;
}

}  // namespace

std::string pick_json(const PickReport& report) {
    const std::vector<std::size_t> places = pick_places(report);
    Json candidates = Json::array();
    for (const std::size_t index : pick_order(report))
        candidates.push_back(candidate_json(report, index, places));
    return pretty_json({{"schema", kPickSchema},
                        {"settings", settings_json(report)},
                        {"limits", limits_json(report)},
                        {"fitting", report.result.ranking.size()},
                        {"candidates", std::move(candidates)},
                        {"nearest_misses", misses_json(report)},
                        {"widest", widest_json(report)},
                        {"notes", report.notes}});
}

std::string pick_jsonl(const PickReport& report) {
    const std::vector<std::size_t> places = pick_places(report);
    std::string lines;
    for (const std::size_t index : pick_order(report)) {
        Json line = {{"schema", kPickSchema}};
        line.update(candidate_json(report, index, places));
        lines += compact_json(line);
    }
    return lines;
}

}  // namespace mobilenet_cost
