#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/compare/stored_document.h"
#include "mobilenet_cost/pick/pick.h"

namespace mobilenet_cost {

/// A stored document with the predictions of its run: a log has only what they are made from. Throws Error.
[[nodiscard]] StoredDocument parse_with_predictions(std::string_view text, const std::string& file);

/// What the times are of.
struct PickRunner {
    std::string engine;  ///< empty: whichever the documents hold
    int threads = 0;     ///< 0: as many as the documents hold
};

/// Gives the candidates the times that documents hold of the same networks, of one engine with one number of
/// threads: what was measured before what was predicted, of two the one of the first document. Throws Error,
/// naming the document, for one without times, for several machines, engines or numbers of threads where none
/// is chosen, and for a network of that name that has other MACs now.
void add_stored_times(std::vector<PickCandidate>& candidates, const SweepSettings& settings,
                      const std::vector<StoredDocument>& documents, const PickRunner& runner);

}  // namespace mobilenet_cost
