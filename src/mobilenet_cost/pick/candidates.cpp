#include "mobilenet_cost/pick/candidates.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

/// The same variant twice would be a tie with itself.
std::vector<Variant> without_repetitions(const std::vector<Variant>& variants) {
    std::set<std::pair<double, Resolution>> seen;
    std::vector<Variant> once;
    for (const Variant& variant : variants) {
        if (seen.emplace(variant.alpha, variant.resolution).second) once.push_back(variant);
    }
    return once;
}

}  // namespace

std::vector<PublishedAccuracy> published_of(const std::string& model) {
    const std::vector<std::string> bundled = model_names();
    if (std::find(bundled.begin(), bundled.end(), model) == bundled.end()) return {};
    return bundled_published();
}

std::vector<std::optional<double>> published_top1(const std::vector<SweepCell>& cells,
                                                  const std::vector<std::string>& models,
                                                  DataType data_type) {
    const std::vector<PublishedAccuracy> published = bundled_published();
    std::vector<std::optional<double>> top1;
    for (const SweepCell& cell : cells) {
        const bool bundled = std::find(models.begin(), models.end(), cell.model) != models.end();
        const auto* row = bundled ? find_published(published, cell.model, cell.variant, data_type) : nullptr;
        top1.push_back(row != nullptr ? std::optional(row->top1) : std::nullopt);
    }
    return top1;
}

std::vector<PublishedNetwork> published_networks(const Convention& convention, DataType data_type) {
    const std::vector<PublishedAccuracy> published = bundled_published();
    std::vector<PublishedNetwork> networks;
    for (const std::string& model : model_names()) {
        std::vector<Variant> variants;
        for (const PublishedAccuracy& row : published) {
            if (row.model == model && row.data_type == data_type)
                variants.push_back({.alpha = row.alpha, .resolution = row.resolution});
        }
        if (variants.empty()) continue;
        for (SweepCell& cell :
             sweep(find_model(model), without_repetitions(variants), convention, data_type)) {
            const PublishedAccuracy& row = *find_published(published, model, cell.variant, data_type);
            networks.push_back({std::move(cell), row.top1, row.source});
        }
    }
    return networks;
}

std::vector<PickCandidate> candidates_of(const ModelConfig& config, const std::vector<Variant>& variants,
                                         const Convention& convention, DataType data_type,
                                         const std::vector<PublishedAccuracy>& published) {
    const auto fit = AccuracyFit::fit(published, config.name, data_type);
    std::vector<PickCandidate> candidates;
    for (SweepCell& cell : sweep(config, without_repetitions(variants), convention, data_type)) {
        const auto* row = find_published(published, cell.model, cell.variant, data_type);
        PickCandidate& candidate = candidates.emplace_back();
        if (row != nullptr) candidate.accuracy = *row;
        const auto side = side_of(cell.variant.resolution);
        if (row == nullptr && fit && side && is_publishable(cell.variant))
            candidate.estimate = fit->estimate(cell.variant.alpha, *side);
        candidate.cell = std::move(cell);
    }
    return candidates;
}

void add_needs(std::vector<PickCandidate>& candidates, const ModelConfig& config, Runtime runtime,
               DataType data_type) {
    for (PickCandidate& candidate : candidates) {
        if (candidate.cell.lower_bound) continue;
        try {
            candidate.need = need_of(expand(config, candidate.cell.variant), runtime, data_type);
        } catch (const Error&) {
            candidate.need.reset();  // counted as not known
        }
    }
}

std::string pick_name(const PickCandidate& candidate) {
    const SweepCell& cell = candidate.cell;
    return variant_text(cell.model, cell.variant.alpha, cell.variant.resolution);
}

}  // namespace mobilenet_cost
