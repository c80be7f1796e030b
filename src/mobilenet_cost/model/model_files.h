#pragma once

#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost {

/// A bundled name, or a path (anything with a '/' or ending in .json). Throws Error with the nearest name.
[[nodiscard]] ModelConfig find_model(const std::string& name_or_path);

/// Where the bundled configs are. Throws Error when they are nowhere.
[[nodiscard]] std::filesystem::path config_folder();

/// Names of the bundled configs, sorted.
[[nodiscard]] std::vector<std::string> model_names();

}  // namespace mobilenet_cost
