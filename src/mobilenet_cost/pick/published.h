#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// A published accuracy of a trained network: ImageNet validation, one crop.
struct PublishedAccuracy {
    std::string model;
    double alpha = 1;
    std::int64_t resolution = 0;
    DataType data_type = DataType::f32;  ///< of the weights and activations that were evaluated
    double top1 = 0;                     ///< fraction: 0.709 is 70.9 %
    std::optional<double> top5;          ///< absent: not published
    std::string source;                  ///< title
    std::string url;

    bool operator==(const PublishedAccuracy&) const = default;
};

/// One file of configs/published (schema mobilenet-cost.published.v1, docs/schemas/published.schema.json), in
/// its order. Any bytes give rows or an Error that starts with `place` and names the JSON location.
[[nodiscard]] std::vector<PublishedAccuracy> parse_published(std::string_view text, const std::string& place);

/// Every file of a folder, in the order of their names; none if there is no such folder.
[[nodiscard]] std::vector<PublishedAccuracy> load_published(const std::filesystem::path& folder);

/// The files beside the bundled configs.
[[nodiscard]] std::vector<PublishedAccuracy> bundled_published();

/// False for networks that no published row can match: other classes than ImageNet's 1000 (or 1001, with
/// TF-slim's background), another form, or a scope that makes other widths.
[[nodiscard]] bool is_publishable(const Variant& variant);

/// The accuracy that counts for a variant: the first row of it, because each file begins with the releases of
/// the model's authors. Null where nobody published one.
[[nodiscard]] const PublishedAccuracy* find_published(const std::vector<PublishedAccuracy>& rows,
                                                      const std::string& model, const Variant& variant,
                                                      DataType data_type);

}  // namespace mobilenet_cost
