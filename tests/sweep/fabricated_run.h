#pragma once

#include "mobilenet_cost/report/sweep/classes.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost::testing_support {

/// A sweep that nobody ran, with everything in it that a report has a word for: two alphas by two resolutions
/// on two engines, separable and standard, 8 rounds. On xnnpack the standard base was skipped and the
/// smallest separable network failed; one point of onednn is imprecise and has a disturbed round.
[[nodiscard]] SweepRun fabricated_run();

/// What its samples say.
[[nodiscard]] SweepResult fabricated_result(const SweepRun& run);

/// A bench that nobody ran: mobilenet_v1 at alpha 0.5, at 160 and at 224 px, on the same engines, with
/// layers. One of its standard networks is imprecise and has a disturbed round; another one was skipped.
[[nodiscard]] SweepRun fabricated_bench();

}  // namespace mobilenet_cost::testing_support
