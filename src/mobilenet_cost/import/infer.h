#pragma once

#include "mobilenet_cost/import/plain_graph.h"
#include "mobilenet_cost/model/import_request.h"

namespace mobilenet_cost {

/// Gives the sizes of every tensor, works out what is constant and leaves out the nodes of it. An open batch
/// is 1, an open height and width are those of `wanted`, and so are all sizes of the inputs that it names. An
/// operator that is not known has the sizes that the file declares; where it declares none, or another size
/// was wanted, its tensors have none. Throws Error where sizes do not fit each other, or are not those that
/// the file declares, and by its name for one that is missing.
void infer(PlainGraph& graph, const ImportRequest& wanted);

/// Makes constants without values of inputs that are only weights: filters, biases, factors of channels. A
/// file may leave them open. Inputs that nothing reads are left out.
void take_open_parameters(PlainGraph& graph);

/// The order of an input's sizes: the graph's, or the other one where the file begins with a transposition.
[[nodiscard]] PlainLayout input_layout(const PlainGraph& graph, PlainTensorId input);

}  // namespace mobilenet_cost
