#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/compare/stored_document.h"
#include "mobilenet_cost/pick/pick.h"

namespace mobilenet_cost {

/// A stored document with the predictions of its run: a log has only what they are made from. Throws Error.
[[nodiscard]] StoredDocument parse_with_predictions(std::string_view text, const std::string& file);

/// The engine and the number of threads that times are for.
struct PickRunner {
    std::string engine;  ///< empty: the one in the documents
    int threads = 0;     ///< 0: the number in the documents
};

/// Sets the times that documents hold of the candidates' networks, for one engine and one number of threads.
/// Measured times come before predicted ones, and earlier documents before later ones. Throws Error, naming
/// the document, for one without times, for several machines, for several engines or numbers of threads where
/// none is chosen, and for a network whose MACs differ from those of its name today.
void add_stored_times(std::vector<PickCandidate>& candidates, const SweepSettings& settings,
                      const std::vector<StoredDocument>& documents, const PickRunner& runner);

}  // namespace mobilenet_cost
