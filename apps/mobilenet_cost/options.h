#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_config.h"

#include "command.h"

namespace mobilenet_cost::app {

/// The flags that name variants.
struct VariantOptions {
    std::vector<std::string> models = {"mobilenet_v1"};  ///< names or files
    std::vector<double> alphas;                          ///< empty: the command's default
    std::vector<Resolution> resolutions;
    std::vector<double> betas;        ///< instead of resolutions
    Variant common = {.classes = 0};  ///< batch, scope and form of every variant; classes 0: the model's own
    std::optional<DataType> data_type;  ///< none: the model's own
    bool allow_unknown = false;         ///< operators of which no cost is known
    /// Whether read_families() came across some, with these options or a copy of them.
    std::shared_ptr<bool> unknown_found = std::make_shared<bool>(false);
};

enum class Bytes { counted, not_counted };

/// The values of a grid axis that was not given.
enum class DefaultGrid {
    one,        ///< alpha 1, the native resolution
    published,  ///< every published alpha and resolution of the model
};

/// The data type is a flag only where bytes are counted. The help states the models that `options` holds as
/// the default.
void add_variant_options(Command& command, VariantOptions& options, Bytes bytes = Bytes::counted,
                         DefaultGrid grid = DefaultGrid::one);

/// The same but for --model: of a command whose models are no option.
void add_size_options(Command& command, VariantOptions& options, Bytes bytes = Bytes::counted,
                      DefaultGrid grid = DefaultGrid::one);

/// Throws Error where there is more than one width multiplier or resolution; `reason`: "because ...".
void expect_one_variant(const VariantOptions& options, const std::string& reason);

void add_convention_option(Command& command, std::string& convention);

/// One family and its members, in the order of the flags: alphas, and for each the resolutions.
struct Family {
    ModelConfig config;
    std::vector<Variant> variants;
};

/// The one asked for, or the model's own.
[[nodiscard]] DataType data_type_of(const VariantOptions& options, const ModelConfig& config);

/// Says so where passes of f32 are not what a file is for.
void say_passes_of_f32(const ModelConfig& config);

/// Settings that all cells of a grid of these models share. Throws Error where no number of classes, or no
/// data type, was asked for and the models differ in their own.
[[nodiscard]] SweepSettings settings_of(const VariantOptions& options, const Convention& convention,
                                        const std::vector<ModelConfig>& configs);

/// One for each model; says which operators of them are not known. Throws Error naming the flag.
[[nodiscard]] std::vector<Family> read_families(const VariantOptions& options, DefaultGrid grid);

/// One for each variant of each model, in the order of the flags.
template <typename Make>
[[nodiscard]] auto for_each_variant(const VariantOptions& options, Make make) {
    std::vector<decltype(make(ModelConfig{}, Variant{}))> made;
    for (const Family& family : read_families(options, DefaultGrid::one)) {
        for (const Variant& variant : family.variants)
            made.push_back(make(family.config, variant));
    }
    return made;
}

}  // namespace mobilenet_cost::app
