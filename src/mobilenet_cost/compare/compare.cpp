#include "mobilenet_cost/compare/compare.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

const ExactValue kThere = std::string(kWhole);

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// The key of each value; one that comes again is numbered, because a grid may have the same variant twice
/// and a network layers of one name.
template <typename Value, typename Key>
std::vector<std::string> keys_of(const std::vector<Value>& values, Key&& key) {
    std::map<std::string, int> seen;
    std::vector<std::string> keys;
    for (const Value& value : values) {
        std::string name = key(value);
        const int copy = seen[name]++;
        keys.push_back(copy == 0 ? std::move(name) : fmt::format("{}\n{}", name, copy));
    }
    return keys;
}

/// Calls visit(base, contender) for each key: those of the base in their order, then what only the contender
/// has. A missing side is null.
template <typename Value, typename Key, typename Visit>
void for_pairs(const std::vector<Value>& base, const std::vector<Value>& contender, Key&& key,
               Visit&& visit) {
    const std::vector<std::string> keys = keys_of(contender, key);
    std::map<std::string, const Value*> others;
    for (std::size_t i = 0; i < keys.size(); ++i)
        others.emplace(keys[i], &contender[i]);
    const std::vector<std::string> base_keys = keys_of(base, key);
    for (std::size_t i = 0; i < base.size(); ++i) {
        const auto other = others.find(base_keys[i]);
        visit(&base[i], other == others.end() ? nullptr : other->second);
        if (other != others.end()) others.erase(other);
    }
    for (std::size_t i = 0; i < contender.size(); ++i) {
        if (others.contains(keys[i])) visit(static_cast<const Value*>(nullptr), &contender[i]);
    }
}

// ---- exact quantities

class ExactComparison {
  public:
    explicit ExactComparison(CompareResult& result) : result_(result) {}

    void cell(const StoredCell& base, const StoredCell& contender) {
        quantities(base.id, "", base.exact, contender.exact);
        if (base.layers.empty() != contender.layers.empty()) {
            const auto count = [](const StoredCell& cell) -> std::optional<ExactValue> {
                if (cell.layers.empty()) return std::nullopt;
                return static_cast<std::int64_t>(cell.layers.size());
            };
            add(base.id, "", "layers", count(base), count(contender));
            return;
        }
        for_pairs(
            base.layers, contender.layers, [](const StoredLayer& layer) { return layer.name; },
            [&](const StoredLayer* before, const StoredLayer* after) { layer(base.id, before, after); });
    }

    void missing(const StoredCell* base, const StoredCell* contender) {
        const CellId& id = base != nullptr ? base->id : contender->id;
        add(id, "", kWhole, base != nullptr ? std::optional(kThere) : std::nullopt,
            contender != nullptr ? std::optional(kThere) : std::nullopt);
    }

  private:
    void layer(const CellId& id, const StoredLayer* base, const StoredLayer* contender) {
        if (base != nullptr && contender != nullptr) {
            quantities(id, base->name, base->exact, contender->exact);
        } else if (base != nullptr) {
            add(id, base->name, kWhole, kThere, std::nullopt);
        } else {
            // Not what --allow-new means: another layer in a network that was there is another network.
            add(id, contender->name, kWhole, std::nullopt, kThere);
            result_.differences.back().gates = !contains(result_.settings.ignore, "layers");
        }
    }

    void quantities(const CellId& id, const std::string& layer, const std::vector<ExactQuantity>& base,
                    const std::vector<ExactQuantity>& contender) {
        for_pairs(
            base, contender, [](const ExactQuantity& quantity) { return quantity.name; },
            [&](const ExactQuantity* before, const ExactQuantity* after) {
                const std::string& name = before != nullptr ? before->name : after->name;
                if (before != nullptr && after != nullptr) {
                    ++result_.quantities;
                    if (before->value == after->value) return;
                }
                add(id, layer, name, before != nullptr ? std::optional(before->value) : std::nullopt,
                    after != nullptr ? std::optional(after->value) : std::nullopt);
            });
    }

    void add(const CellId& id, const std::string& layer, std::string_view quantity,
             std::optional<ExactValue> base, std::optional<ExactValue> contender) {
        const CompareSettings& settings = result_.settings;
        const std::string_view ignorable = quantity == kWhole && !layer.empty() ? "layers" : quantity;
        const bool is_new = !base && settings.allow_new;
        result_.differences.push_back({id, layer, std::string(quantity), std::move(base),
                                       std::move(contender),
                                       !is_new && !contains(settings.ignore, ignorable)});
    }

    CompareResult& result_;
};

// ---- times

void add_if_different(std::vector<ClassDifference>& differences, const std::string& what,
                      const std::string& base, const std::string& contender) {
    if (base != contender) differences.push_back({what, base, contender});
}

std::string engine_text(const StoredEngine& engine) {
    const std::string& version = engine.version.empty() ? "of unknown version" : engine.version;
    return engine.instruction_set.empty() ? version : fmt::format("{}, {}", version, engine.instruction_set);
}

/// Coarse on purpose: no clock rate, no exact memory size, no kernel, no host name, so that two machines of a
/// class agree. The program's own version and commit are what is compared.
std::vector<ClassDifference> class_differences(const StoredOrigin& base, const StoredOrigin& contender,
                                               const std::set<std::string>& engines) {
    std::vector<ClassDifference> found;
    add_if_different(found, "processor", base.machine.cpu, contender.machine.cpu);
    add_if_different(found, "number of CPUs", base.machine.cpus, contender.machine.cpus);
    add_if_different(found, "caches", base.machine.caches, contender.machine.caches);
    add_if_different(found, "hypervisor", base.machine.hypervisor, contender.machine.hypervisor);
    add_if_different(found, "compiler", base.compiler, contender.compiler);
    add_if_different(found, "compiler flags", base.flags, contender.flags);
    for_pairs(
        base.engines, contender.engines, [](const StoredEngine& engine) { return engine.name; },
        [&](const StoredEngine* before, const StoredEngine* after) {
            if (before == nullptr || after == nullptr || !engines.contains(before->name)) return;
            add_if_different(found, before->name, engine_text(*before), engine_text(*after));
        });
    return found;
}

bool has_times(const StoredCell& cell) {
    return cell.seconds && cell.seconds->value > 0;
}

bool has_samples(const StoredCell& cell) {
    return !cell.samples.empty();
}

/// Both bounds hold at once if both intervals do, whatever the distribution: the samples of two runs are no
/// pairs.
Estimate ratio_of(const Estimate& base, const Estimate& contender) {
    Estimate ratio{.value = contender.value / base.value, .interval = std::nullopt};
    if (base.interval && contender.interval && base.interval->low > 0) {
        const double misses = (1 - base.interval->coverage) + (1 - contender.interval->coverage);
        ratio.interval = Interval{.low = contender.interval->low / base.interval->high,
                                  .high = contender.interval->high / base.interval->low,
                                  .coverage = std::max(0.0, 1 - misses)};
    }
    return ratio;
}

void judge(TimeChange& time, double threshold) {
    if (!time.ratio.interval) return;
    const auto& [low, high, coverage] = *time.ratio.interval;
    const double wide = 1 + 2 * threshold;
    time.may_be_slower = !(high < wide);
    if (low > 1 + threshold) {
        time.verdict = TimeVerdict::slower;
    } else if (high < 1 / (1 + threshold)) {
        time.verdict = TimeVerdict::faster;
    } else if (low > 1 / wide && high < wide) {
        time.verdict = TimeVerdict::same;
    }
}

using CellPairs = std::vector<std::pair<const StoredCell*, const StoredCell*>>;

/// From the samples where both sides have them, else from what the documents say of them.
std::vector<TimeChange> time_changes(const CellPairs& timed, const CompareSettings& settings) {
    std::vector<TimeChange> times;
    // Two intervals of each cell.
    const double confidence =
        1 - (1 - settings.confidence) / (2 * std::max(1.0, static_cast<double>(timed.size())));
    for (const auto& [base, contender] : timed) {
        TimeChange time;
        time.cell = base->id;
        time.base = *base->seconds;
        time.contender = *contender->seconds;
        time.base_samples = base->samples.size();
        time.contender_samples = contender->samples.size();
        if (has_samples(*base) && has_samples(*contender)) {
            time.base = median_estimate(base->samples, confidence);
            time.contender = median_estimate(contender->samples, confidence);
        }
        time.identical = *base->seconds == *contender->seconds && base->samples == contender->samples;
        time.ratio = ratio_of(time.base, time.contender);
        judge(time, settings.threshold);
        times.push_back(std::move(time));
    }
    return times;
}

std::string reason_to_inform(const CompareResult& result) {
    if (result.times.empty()) return "no cell has times on both sides";
    if (!result.classes.empty()) {
        const ClassDifference& first = result.classes.front();
        const std::string more = result.classes.size() == 1
                                     ? ""
                                     : fmt::format(" ({} more differences)", result.classes.size() - 1);
        return fmt::format("other machine class: {} {}, found {}{}", first.what, first.base, first.contender,
                           more);
    }
    const bool all_sampled = std::all_of(
        result.times.begin(), result.times.end(),
        [](const TimeChange& time) { return time.base_samples > 0 && time.contender_samples > 0; });
    if (!all_sampled) return "not every cell has its samples stored on both sides";
    if (!result.settings.gate_times)
        return "two runs at two times differ by what else the machine did (--gate-times lets them gate; "
               "`gate` times both builds side by side)";
    return "";
}

void compare_times(const StoredDocument& base, const StoredDocument& contender, const CellPairs& common,
                   CompareResult& result) {
    CellPairs timed;
    std::set<std::string> engines;
    for (const auto& [before, after] : common) {
        if (!has_times(*before) || !has_times(*after)) continue;
        timed.emplace_back(before, after);
        engines.insert(before->id.engine);
    }
    result.times = time_changes(timed, result.settings);
    if (!timed.empty() && base.origin && contender.origin)
        result.classes = class_differences(*base.origin, *contender.origin, engines);
    result.times_inform = reason_to_inform(result);
}

// ---- ratios

bool are_apart(const Estimate& base, const Estimate& contender, double band) {
    if (base.interval && contender.interval)
        return base.interval->low > contender.interval->high || contender.interval->low > base.interval->high;
    const auto [small, large] = std::minmax(base.value, contender.value);
    return large > small * (1 + band);
}

/// The base cell against itself.
bool is_one(const std::optional<Estimate>& estimate) {
    return estimate && estimate->value == 1 && estimate->interval && estimate->interval->low == 1 &&
           estimate->interval->high == 1;
}

void compare_ratios(const CellPairs& common, CompareResult& result) {
    for (const auto& [base, contender] : common) {
        for_pairs(
            base->ratios, contender->ratios, [](const StoredRatio& ratio) { return ratio.name; },
            [&, id = base->id](const StoredRatio* before, const StoredRatio* after) {
                RatioChange ratio;
                ratio.cell = id;
                ratio.name = before != nullptr ? before->name : after->name;
                if (before != nullptr) ratio.base = before->value;
                if (after != nullptr) ratio.contender = after->value;
                if (ratio.base && ratio.contender)
                    ratio.apart = are_apart(*ratio.base, *ratio.contender, result.settings.band);
                if (!is_one(ratio.base) || !is_one(ratio.contender))
                    result.ratios.push_back(std::move(ratio));
            });
    }
}

// ---- all of it

CompareOutcome outcome_of(const CompareResult& result) {
    if (gating_differences(result) > 0) return CompareOutcome::differs;
    const bool gates = result.times_inform.empty();
    const auto is_slower = [](const TimeChange& time) { return time.verdict == TimeVerdict::slower; };
    if (gates && std::any_of(result.times.begin(), result.times.end(), is_slower))
        return CompareOutcome::slower;
    const bool may_be_slower = std::any_of(result.times.begin(), result.times.end(),
                                           [](const TimeChange& time) { return time.may_be_slower; });
    if (result.settings.require_times && (!gates || may_be_slower)) return CompareOutcome::unclear;
    return CompareOutcome::same;
}

std::string cell_text(const StoredDocument& document) {
    const CellId& id = document.cells.front().id;
    return fmt::format("{} alpha {} at {} px, {}, batch {}, {}, {}, convention {}", id.model, id.alpha,
                       id.resolution, classes_text(id.classes, id.form), id.batch, id.data_type,
                       id.alpha_scope, id.convention.empty() ? "-" : id.convention);
}

}  // namespace

void check_ignored(const std::vector<std::string>& names, const std::string& place) {
    for (const std::string& name : names) {
        if (!contains(exact_quantity_names(), name))
            fail_unknown(place, "quantity", name, exact_quantity_names());
    }
}

std::int64_t gating_differences(const CompareResult& result) {
    return std::count_if(result.differences.begin(), result.differences.end(),
                         [](const Difference& difference) { return difference.gates; });
}

bool same_measurement(const CompareResult& result) {
    return !result.times.empty() && std::all_of(result.times.begin(), result.times.end(),
                                                [](const TimeChange& time) { return time.identical; });
}

std::optional<double> mean_time_ratio(const CompareResult& result) {
    if (result.times.empty()) return std::nullopt;
    std::vector<double> ratios;
    for (const TimeChange& time : result.times)
        ratios.push_back(time.ratio.value);
    return geometric_mean(ratios);
}

CompareResult compare(const StoredDocument& base, const StoredDocument& contender,
                      const CompareSettings& settings) {
    if (base.kind != contender.kind)
        fail(contender.file, fmt::format("expected {} as {} is, found {}", document_kind_title(base.kind),
                                         base.file, document_kind_title(contender.kind)));
    CompareResult result;
    result.kind = base.kind;
    result.settings = settings;
    result.base = {base.file, base.origin, static_cast<std::int64_t>(base.cells.size())};
    result.contender = {contender.file, contender.origin, static_cast<std::int64_t>(contender.cells.size())};
    ExactComparison exact(result);
    CellPairs common;
    for_pairs(
        base.cells, contender.cells, [](const StoredCell& cell) { return id_key(cell.id); },
        [&](const StoredCell* before, const StoredCell* after) {
            if (before != nullptr && after != nullptr) {
                common.emplace_back(before, after);
            } else {
                exact.missing(before, after);
            }
        });
    if (common.empty())
        fail(contender.file, fmt::format("expected a cell of {}, such as {}, found none, but {}", base.file,
                                         cell_text(base), cell_text(contender)));
    result.common_cells = static_cast<std::int64_t>(common.size());
    for (const auto& [before, after] : common)
        exact.cell(*before, *after);
    compare_times(base, contender, common, result);
    compare_ratios(common, result);
    result.outcome = outcome_of(result);
    return result;
}

}  // namespace mobilenet_cost
