#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "mobilenet_cost/model/import_request.h"
#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/model/weights.h"

namespace mobilenet_cost {

/// Weights of a file that others wrote. They are read, and batch norm folded into them, when they are asked
/// for.
class ImportedWeights {
  public:
    ImportedWeights() = default;
    virtual ~ImportedWeights() = default;
    ImportedWeights(const ImportedWeights&) = delete;
    ImportedWeights& operator=(const ImportedWeights&) = delete;

    /// Of every layer; absent where it is not the file's own network: a layer is another one, or as wide
    /// only by another width multiplier. Throws Error where the file does not have them.
    [[nodiscard]] virtual std::optional<Weights> of(const Network& network) const = 0;
};

/// A file of another format, told in ours.
struct ImportedModel {
    std::string document;  ///< a model file: docs/models.md
    std::shared_ptr<const ImportedWeights> weights;
};

/// Raised when Network, Weights or the types above change: a module of another number is refused.
inline constexpr int kImporterInterface = 2;

/// What a plug-in offers, as extern "C" ImportModel mobilenet_cost_import(int interface): reads a file.
/// Throws Error.
using ImportModel = ImportedModel (*)(const std::filesystem::path&, const ImportRequest&);

}  // namespace mobilenet_cost
