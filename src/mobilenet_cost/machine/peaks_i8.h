#pragma once

#include "mobilenet_cost/machine/peaks.h"

namespace mobilenet_cost {

/// Fills the dot_i8 and i8 fields for this CPU.
void add_i8_kernel(PeakKernels& kernels);

}  // namespace mobilenet_cost
