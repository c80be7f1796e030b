#include "mobilenet_cost/worker.h"

#include <iostream>
#include <memory>

#include "allocation_count.h"
#include "app.h"

namespace mobilenet_cost::app {

Run setup_worker(CLI::App& command) {
    command.group("");  // for `gate`, which speaks to it; docs/gate.md describes the lines
    return [] { return run_worker(std::cin, std::cout, {.allocations = allocation_counter()}); };
}

}  // namespace mobilenet_cost::app
