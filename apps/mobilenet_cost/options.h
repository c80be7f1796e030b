#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost::app {

/// The flags that name variants, as typed.
struct VariantOptions {
    std::vector<std::string> models = {"mobilenet_v1"};
    std::vector<std::string> alphas;
    std::vector<std::string> resolutions;
    std::vector<std::string> betas;
    std::string classes = "1000";
    std::string batch = "1";
    std::string alpha_scope = "published";
    std::string data_type = "f32";
};

enum class Bytes { counted, not_counted };

/// The data type is a flag only where bytes are counted.
void add_variant_options(CLI::App& command, VariantOptions& options, Bytes bytes = Bytes::counted);

/// Several texts of one flag that is repeated or takes a comma-separated list.
CLI::Option* add_list(CLI::App& command, const std::string& flag, std::vector<std::string>& texts,
                      const std::string& type, const std::string& help);

/// One family and its members, in the order of the flags: alphas, and for each the resolutions.
struct Family {
    ModelConfig config;
    std::vector<Variant> variants;
};

/// What stands in for a grid axis that was not given.
enum class DefaultGrid {
    one,        ///< alpha 1, the native resolution
    published,  ///< every published alpha and resolution of the model
};

/// Throws Error naming the flag.
std::vector<Family> read_families(const VariantOptions& options, DefaultGrid grid);

DataType read_data_type(const std::string& name);

/// A whole number of at least 1 given for a flag.
std::int64_t read_count(const std::string& text, const std::string& flag);

/// An unsigned number given for a flag, 0 allowed.
std::uint64_t read_seed(const std::string& text, const std::string& flag);

}  // namespace mobilenet_cost::app
